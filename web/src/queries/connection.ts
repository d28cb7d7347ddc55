import { queryOptions } from '@tanstack/react-query';
import { checkConnection } from '../instances/connection-check.ts';

/** What stands at an instance's address, checked again every 10 s while somebody looks. */
export function connectionQuery(url: string) {
  return queryOptions({
    queryKey: ['connection', url],
    queryFn: ({ signal }) => checkConnection(url, { signal }),
    refetchInterval: 10_000,
    staleTime: 5_000,
    // A failed check is an answer; the next one comes by itself.
    retry: false,
  });
}
