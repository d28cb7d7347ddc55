import { Group, Paper, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import classes from './fact-card.module.css';

/** A titled group of facts. */
export function FactCard({ title, children }: { title: string; children: ReactNode }) {
  const titleId = useId();
  return (
    <Paper
      component="section"
      withBorder
      p="lg"
      radius="lg"
      aria-labelledby={titleId}
      className={classes.card}
    >
      <Title order={2} id={titleId} mb="md">
        {title}
      </Title>
      {children}
    </Paper>
  );
}

/** The list inside a card; its children are facts. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

interface FactProps {
  name: string;
  children: ReactNode;
  /** The text that the copy button takes, for values that are needed elsewhere. */
  copy?: string;
  /** What that text is, when it is not what the name says. */
  copied?: string;
}

/** One name with its value. */
export function Fact({ name, children, copy, copied = name.toLowerCase() }: FactProps) {
  return (
    <div className={classes.fact}>
      <dt className={classes.name}>{name}</dt>
      <dd className={classes.value}>
        {copy === undefined ? (
          children
        ) : (
          <Group gap={4} wrap="nowrap" align="flex-start">
            <span>{children}</span>
            <CopyButton value={copy} label={`Copy ${copied}`} />
          </Group>
        )}
      </dd>
    </div>
  );
}
