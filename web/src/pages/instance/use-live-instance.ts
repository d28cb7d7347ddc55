import { useDocumentVisibility } from '@mantine/hooks';
import { useCallback, useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { type PublicInstance, PublicInstanceDocument } from '../instance-queries.ts';
import { type InstanceFailure, instanceFailure } from './instance-failure.ts';

const SETTLED_INTERVAL_IN_MS = 5_000;
const WAITING_INTERVAL_IN_MS = 2_000;

export interface LiveInstance {
  /** The last answer, also while later questions fail. */
  instance: PublicInstance | undefined;
  failure: InstanceFailure | undefined;
  /** A query is under way. */
  checking: boolean;
  /** Asks again now. */
  refetch: () => void;
}

/**
 * The public part of the instance behind the urql client in the context, asked again every 5 s, or every 2 s while
 * the person waits for it, as long as the page is visible; and at once when the page becomes visible again or the
 * client changes, as it does with the session.
 */
export function useLiveInstance(): LiveInstance {
  const [{ data, error, fetching }, execute] = useQuery({
    query: PublicInstanceDocument,
    requestPolicy: 'network-only',
  });
  // A failed query has no data, not the data of the query before.
  const [lastAnswer, setLastAnswer] = useState(data?.instance);
  if (data && data.instance !== lastAnswer) setLastAnswer(data.instance);
  const instance = data?.instance ?? lastAnswer;
  const visible = useDocumentVisibility() === 'visible';
  const waiting = error !== undefined || instance === undefined || instance.state === 'UNREGISTERED';
  const refetch = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);

  useEffect(() => {
    if (!visible) return;
    const timer = setInterval(refetch, waiting ? WAITING_INTERVAL_IN_MS : SETTLED_INTERVAL_IN_MS);
    return () => clearInterval(timer);
  }, [refetch, visible, waiting]);

  useEffect(() => {
    if (visible) refetch();
  }, [refetch, visible]);

  return {
    instance,
    failure: error ? instanceFailure(error) : undefined,
    checking: fetching,
    refetch,
  };
}
