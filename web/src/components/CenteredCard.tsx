import { Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './centered-card.module.css';
import { unbroken } from './unbroken.tsx';

interface CenteredCardProps {
  /** The page's first heading; leave it out where the shell already shows one. */
  title?: string;
  /** One or two sentences under the heading. */
  description?: ReactNode;
  /** An icon or picture above the heading. */
  icon?: ReactNode;
  children?: ReactNode;
}

/** One card in the middle of the page, for a page that asks one thing. Goes inside `PageShell`. */
export function CenteredCard({ title, description, icon, children }: CenteredCardProps) {
  return (
    <div className={classes.center}>
      <Paper withBorder radius="lg" className={classes.card}>
        <Stack gap="lg">
          {title || description || icon ? (
            <Stack gap="xs">
              {icon}
              {title ? (
                <Title order={1} tabIndex={-1}>
                  {unbroken(title)}
                </Title>
              ) : null}
              {description ? (
                <Text c="dimmed" component="div">
                  {description}
                </Text>
              ) : null}
            </Stack>
          ) : null}
          {children}
        </Stack>
      </Paper>
    </div>
  );
}
