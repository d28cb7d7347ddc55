import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import type { ConnectionReport } from '../../instances/connection-check.ts';
import { connectionQuery } from '../../queries/connection.ts';
import { type LiveInstance, useLiveInstance } from './use-live-instance.ts';

export interface DiagnosedInstance extends LiveInstance {
  /** What stands at its address, once that is known. */
  connection: ConnectionReport | undefined;
  /** Why no answer comes, while none does. */
  diagnosis: string | undefined;
}

/** The instance behind the urql client, at `url`; where it stops answering, its address is examined at once. */
export function useDiagnosedInstance(url: string): DiagnosedInstance {
  const live = useLiveInstance();
  const { data: connection, isFetching, refetch: examine } = useQuery(connectionQuery(url));
  const { failure, refetch: ask } = live;
  const isUnreachable = failure?.kind === 'unreachable';
  useEffect(() => {
    if (isUnreachable) void examine();
  }, [isUnreachable, examine]);
  const refetch = useCallback(() => {
    ask();
    if (isUnreachable) void examine();
  }, [ask, examine, isUnreachable]);

  return {
    ...live,
    checking: live.checking || isFetching,
    refetch,
    connection,
    diagnosis: isUnreachable ? (messageOf(connection) ?? failure.message) : undefined,
  };
}

function messageOf(connection: ConnectionReport | undefined): string | undefined {
  return connection?.status === 'online' ? undefined : connection?.message;
}
