import { Paper, Stack } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { FramedRow } from '../components/FramedRow.tsx';
import frame from '../components/framed-rows.module.css';
import classes from './activity-list.module.css';

interface ActivityListProps {
  /** What the list is of. */
  label: string;
  count: number;
  /** What follows the list: the way to more of it. */
  more: ReactNode;
  /** Rows. */
  children: ReactNode;
}

/** A list of what happened or was seen. Whoever asks for more of it with the keyboard goes on where that begins. */
export function ActivityList({ label, count, more, children }: ActivityListProps) {
  const list = useRef<HTMLUListElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const known = useRef(count);
  useEffect(() => {
    const previous = known.current;
    known.current = count;
    if (count <= previous || !foot.current?.contains(document.activeElement)) return;
    list.current?.querySelectorAll<HTMLElement>(':scope > li')[previous]?.focus({ preventScroll: true });
  }, [count]);
  return (
    <Stack gap="md">
      <Paper component="ul" ref={list} aria-label={label} withBorder radius="lg" className={frame.rows}>
        {children}
      </Paper>
      <Stack ref={foot} gap="sm" align="center">
        {more}
      </Stack>
    </Stack>
  );
}

interface ActivityRowProps {
  icon: ReactNode;
  title: ReactNode;
  badge: ReactNode;
  /** Beside the rest where there is room. */
  aside: ReactNode;
  children: ReactNode;
}

/** One row of an {@link ActivityList}. */
export function ActivityRow({ icon, title, badge, aside, children }: ActivityRowProps) {
  return (
    <FramedRow
      icon={icon}
      title={title}
      badge={badge}
      aside={<div className={classes.aside}>{aside}</div>}
      className={classes.row}
      tabIndex={-1}
    >
      {children}
    </FramedRow>
  );
}
