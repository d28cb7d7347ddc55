import { useDocumentVisibility } from '@mantine/hooks';
import { useCallback, useEffect } from 'react';
import { useQuery } from 'urql';
import { type PublicInstance, PublicInstanceDocument } from '../instance-queries.ts';
import { type InstanceFailure, instanceFailure } from './instance-failure.ts';

const SETTLED_INTERVAL_IN_MS = 5_000;
const WAITING_INTERVAL_IN_MS = 2_000;

export interface LiveInstance {
  instance: PublicInstance | undefined;
  failure: InstanceFailure | undefined;
  /** A query is under way. */
  checking: boolean;
  /** Asks again now. */
  refetch: () => void;
}

/**
 * The public part of the instance behind the urql client in the context, asked again every 5 s, or every 2 s while
 * the person waits for it, as long as the page is visible; and at once when the page becomes visible again.
 *
 * @param sessionKey changes when the session does, which may change what the instance answers
 */
export function useLiveInstance(sessionKey: number | undefined): LiveInstance {
  const [{ data, error, fetching }, execute] = useQuery({
    query: PublicInstanceDocument,
    requestPolicy: 'network-only',
  });
  const visible = useDocumentVisibility() === 'visible';
  const waiting = error !== undefined || data === undefined || data.instance.state === 'UNREGISTERED';
  const refetch = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);

  useEffect(() => {
    if (!visible) return;
    const timer = setInterval(refetch, waiting ? WAITING_INTERVAL_IN_MS : SETTLED_INTERVAL_IN_MS);
    return () => clearInterval(timer);
  }, [refetch, visible, waiting]);

  // oxlint-disable-next-line react/exhaustive-deps -- the session is not read here, its change is the reason to ask
  useEffect(refetch, [refetch, sessionKey, visible]);

  return {
    instance: data?.instance,
    failure: error ? instanceFailure(error) : undefined,
    checking: fetching,
    refetch,
  };
}
