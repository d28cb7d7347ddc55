import { Group, Text } from '@mantine/core';
import classes from './logo.module.css';

interface LogoProps {
  /** Height of the mark in pixels. */
  size?: number;
  /** Only the mark, for narrow places; the name is still there for screen readers. */
  markOnly?: boolean;
}

/** A holdfast: a stem whose roots grip a stone. */
export function Logo({ size = 28, markOnly = false }: LogoProps) {
  return (
    <Group gap="xs" wrap="nowrap" component="span" className={classes.logo}>
      <svg
        width={size}
        height={size}
        viewBox="0 0 32 32"
        fill="none"
        role={markOnly ? 'img' : 'presentation'}
        aria-hidden={markOnly ? undefined : true}
        aria-label={markOnly ? 'Holdfast' : undefined}
      >
        <rect width="32" height="32" rx="8" className={classes.ground} />
        <g className={classes.detail} strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round">
          <path d="M16 5.5v8.5" />
          <path d="M16 13.5c-5.2.6-8 4.3-7.4 9.3.2 1.7 1 3 2.3 3.9" />
          <path d="M16 13.5c5.2.6 8 4.3 7.4 9.3-.2 1.7-1 3-2.3 3.9" />
        </g>
        <circle cx="16" cy="21.5" r="3.3" className={classes.stone} />
      </svg>
      {markOnly ? null : (
        <Text component="span" className={classes.name}>
          Holdfast
        </Text>
      )}
    </Group>
  );
}
