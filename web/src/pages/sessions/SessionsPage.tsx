import { type TypedDocumentNode, useClient, useQuery } from 'urql';
import type { SessionsQuery, SessionsQueryVariables } from '../../graphql/generated/graphql.ts';
import { AuditEntryAddedDocument, EndedSessionsDocument, SessionsDocument } from '../activity-queries.ts';
import { PublicInstanceDocument, ViewerDocument } from '../instance-queries.ts';
import { useLiveQueries } from '../use-live-queries.ts';
import { usePagedList } from '../use-paged-list.ts';
import { useSilence } from '../use-silence.ts';
import { SessionsPageView } from './SessionsPageView.tsx';

/** Sessions begin and end with an entry in the audit log; an empty page names no type. */
const context = { additionalTypenames: ['Session'] };

/** In which browsers the instance behind the urql client is used, and was, and by whom; as it happens. */
export function SessionsPage() {
  const live = useSessions('live', SessionsDocument);
  const ended = useSessions('ended', EndedSessionsDocument);
  const retry = () => {
    live.retry();
    ended.retry();
  };
  const { isSilent, failure } = useSilence(live.error ?? ended.error, retry);
  useLiveQueries(AuditEntryAddedDocument, context.additionalTypenames, isSilent);
  const [{ data }] = useQuery({ query: PublicInstanceDocument });
  const [{ data: who }] = useQuery({ query: ViewerDocument });
  const idleSeconds = data?.instance.cloud.tokenLifetimes?.refreshTokenIdle;
  const endedIds = new Set(ended.items?.map(({ id }) => id));
  return (
    <SessionsPageView
      // The two answers come one after the other.
      live={{ ...live, items: live.items?.filter(({ id }) => !endedIds.has(id)) }}
      ended={ended}
      failure={failure}
      isSilent={isSilent}
      idleSeconds={idleSeconds}
      onRetry={retry}
      own={who && data && { accountId: who.viewer.id, issuer: data.instance.cloud.issuer }}
    />
  );
}

function useSessions(list: string, query: TypedDocumentNode<SessionsQuery, SessionsQueryVariables>) {
  const [{ data, error }, execute] = useQuery({ query, variables: {}, context });
  const client = useClient();
  const sessions = usePagedList({
    list,
    firstPage: data?.sessions,
    askForMore: async (after) => {
      const answer = await client.query(query, { after }, { requestPolicy: 'network-only' });
      return { page: answer.data?.sessions, error: answer.error };
    },
  });
  return {
    ...sessions,
    error,
    retry: () => execute({ requestPolicy: 'network-only' }),
  };
}
