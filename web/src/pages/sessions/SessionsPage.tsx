import { useClient, useQuery } from 'urql';
import { SessionsDocument } from '../activity-queries.ts';
import { requestFailure } from '../request-failure.ts';
import { usePagedList } from '../use-paged-list.ts';
import { SessionsPageView } from './SessionsPageView.tsx';

/** In which browsers the instance behind the urql client was used, and by whom. */
export function SessionsPage() {
  const [{ data, error }, execute] = useQuery({ query: SessionsDocument, variables: {} });
  const client = useClient();
  const { items, ...more } = usePagedList({
    list: 'sessions',
    firstPage: data?.sessions,
    askForMore: async (after) => {
      const answer = await client.query(SessionsDocument, { after }, { requestPolicy: 'network-only' });
      return { page: answer.data?.sessions, error: answer.error };
    },
  });
  return (
    <SessionsPageView
      {...more}
      sessions={items}
      failure={error && requestFailure(error)}
      onRetry={() => execute({ requestPolicy: 'network-only' })}
    />
  );
}
