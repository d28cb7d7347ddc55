import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { FramedRow } from '../../components/FramedRow.tsx';
import frame from '../../components/framed-rows.module.css';
import classes from './security-section.module.css';

interface SecuritySectionProps {
  title: string;
  /** What it is good for, in one or two sentences. */
  description: ReactNode;
  /** Buttons beside the heading. */
  actions?: ReactNode;
  children: ReactNode;
}

/** One part of the security page. */
export function SecuritySection({ title, description, actions, children }: SecuritySectionProps) {
  const titleId = useId();
  return (
    <Stack component="section" gap="md" aria-labelledby={titleId}>
      <Group justify="space-between" align="flex-end" gap="sm">
        <div className={classes.words}>
          <Title order={2} size="h3" id={titleId}>
            {title}
          </Title>
          <Text c="dimmed" size="sm">
            {description}
          </Text>
        </div>
        {actions}
      </Group>
      {children}
    </Stack>
  );
}

/** Rows in one frame. */
export function SecurityRows({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Paper component="ul" aria-label={label} withBorder radius="lg" className={frame.rows}>
      {children}
    </Paper>
  );
}

interface SecurityRowProps {
  icon: ReactNode;
  title: ReactNode;
  badge?: ReactNode;
  /** Beside the rest where there is room: what can be done. */
  actions?: ReactNode;
  children?: ReactNode;
}

export function SecurityRow({ icon, title, badge, actions, children }: SecurityRowProps) {
  return (
    <FramedRow
      icon={icon}
      title={title}
      badge={badge}
      aside={actions ? <div className={classes.actions}>{actions}</div> : null}
      className={classes.row}
    >
      {children}
    </FramedRow>
  );
}
