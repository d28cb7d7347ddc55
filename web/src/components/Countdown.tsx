import { Text } from '@mantine/core';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { remainingTime } from './remaining-time.ts';

interface CountdownProps {
  /** The instant it counts down to, in milliseconds since the epoch. */
  until: number;
  /** What ends then: "Code expires in". */
  label: string;
  /** Called once per `until`, when the instant is reached or already past. */
  onExpire?: () => void;
}

/**
 * The time left until an instant, kept current. Its role `timer` is read on request: a screen reader does not
 * announce each second.
 */
export function Countdown({ until, label, onExpire }: CountdownProps) {
  const [now, setNow] = useState(() => Date.now());
  const reportedUntil = useRef<number>(undefined);
  const reportExpiry = useEffectEvent(() => {
    if (reportedUntil.current === until) return;
    reportedUntil.current = until;
    onExpire?.();
  });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tick = () => {
      const current = Date.now();
      setNow(current);
      if (current >= until) reportExpiry();
      else timer = setTimeout(tick, remainingTime(until - current).changesIn);
    };
    tick();
    return () => clearTimeout(timer);
  }, [until]);

  const { text, iso } = remainingTime(until - now);
  return (
    <Text component="span" size="sm" c="dimmed" role="timer" aria-live="off">
      {label}{' '}
      <Text component="time" inherit c="var(--mantine-color-text)" ff="monospace" dateTime={iso}>
        {text}
      </Text>
    </Text>
  );
}
