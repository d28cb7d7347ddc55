import { Text } from '@mantine/core';
import { dateAndTime, relativeTime } from '../components/instant-words.ts';

interface InstantWordsProps {
  /** ISO 8601. */
  at: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** How long ago something was, and when that was. */
export function InstantWords({ at, now }: InstantWordsProps) {
  // A clock that is a little behind the instance's must not put the past into the future.
  const instant = Math.min(Date.parse(at), now);
  return (
    <time dateTime={at}>
      {relativeTime(instant, now)}
      <Text span inherit c="dimmed" display="block">
        {dateAndTime(at)}
      </Text>
    </time>
  );
}
