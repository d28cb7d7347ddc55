import { relativeTime } from '../../components/instant-words.ts';
import { useNow } from '../../components/use-now.ts';

const REFRESH_MILLISECONDS = 5_000;

/** How long ago an instant was (milliseconds since the epoch), kept current. */
export function TimeAgo({ at }: { at: number }) {
  const now = useNow(REFRESH_MILLISECONDS);
  // A clock that is a little behind the cloud's must not put the request into the future.
  return <time dateTime={new Date(at).toISOString()}>{relativeTime(Math.min(at, now), now)}</time>;
}
