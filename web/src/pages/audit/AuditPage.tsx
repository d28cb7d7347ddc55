import { useState } from 'react';
import { useClient, useQuery } from 'urql';
import { AuditEntriesDocument, AuditEntryAddedDocument } from '../activity-queries.ts';
import { useLiveQueries } from '../use-live-queries.ts';
import { usePagedList } from '../use-paged-list.ts';
import { useSilence } from '../use-silence.ts';
import { type AuditChoice, AuditPageView } from './AuditPageView.tsx';

/** An empty page names no type, and is to be asked for again all the same when there is news. */
const context = { additionalTypenames: ['AuditEntry'] };

/** What happened at the instance behind the urql client, as it happens. */
export function AuditPage() {
  const [choice, setChoice] = useState<AuditChoice>({});
  const filter = { actions: choice.action && [choice.action], outcome: choice.outcome };
  const list = JSON.stringify(filter);
  const [{ data, error, operation }, execute] = useQuery({
    query: AuditEntriesDocument,
    variables: { filter },
    context,
  });
  // Until there is an answer, urql keeps the one to the choice before.
  const isAnswered = JSON.stringify(operation?.variables.filter) === list;
  const retry = () => execute({ requestPolicy: 'network-only' });
  const { isSilent, failure } = useSilence(isAnswered ? error : undefined, retry);
  useLiveQueries(AuditEntryAddedDocument, context.additionalTypenames, isSilent);
  const client = useClient();
  const { items, ...more } = usePagedList({
    list,
    firstPage: isAnswered ? data?.auditEntries : undefined,
    askForMore: async (after) => {
      const answer = await client.query(
        AuditEntriesDocument,
        { after, filter },
        { requestPolicy: 'network-only' },
      );
      return { page: answer.data?.auditEntries, error: answer.error };
    },
  });
  return (
    <AuditPageView
      {...more}
      entries={items}
      failure={failure}
      isSilent={isSilent}
      onRetry={retry}
      choice={choice}
      onChoose={setChoice}
    />
  );
}
