import { useQuery } from 'urql';
import { useSession } from '../auth/AuthProvider.tsx';
import type { Bookmark } from '../instances/bookmarks.ts';
import { MemberInstanceDocument } from './instance-queries.ts';
import { useInstanceState } from './use-instance-state.ts';

/** What to call an instance: its own name, live, for its members, and the bookmark's for everybody else. */
export function useInstanceName(bookmark: Bookmark): string {
  const { session } = useSession(bookmark.url);
  const { state } = useInstanceState(bookmark.url);
  const [memberPart] = useQuery({ query: MemberInstanceDocument, pause: state !== 'CLAIMED' });
  // While the instance does not answer, its state is unknown, and the paused query keeps what it was told before.
  const mayKnow = session !== undefined && (state === undefined || state === 'CLAIMED');
  return (mayKnow ? memberPart.data?.instance.name : undefined) ?? bookmark.name;
}
