import { useDocumentVisibility } from '@mantine/hooks';
import { useMemo } from 'react';
import { type DocumentInput, useSubscription } from 'urql';

/**
 * Lets every query on this page that tells of some types ask again when a subscription says that there is news of them, so that
 * what was missed while the line was down comes as well. Browsers open six connections to a server at most, for all
 * their tabs, so only the tab that is looked at holds one.
 *
 * @param subscription begins with the present state
 * @param typenames the GraphQL types that there is news of; the same array each time
 * @param isSilent the instance does not answer; once it does, the subscription begins anew without waiting
 */
export function useLiveQueries(
  subscription: DocumentInput<unknown, Record<string, never>>,
  typenames: string[],
  isSilent: boolean,
): void {
  const isVisible = useDocumentVisibility() === 'visible';
  const context = useMemo(() => ({ additionalTypenames: typenames }), [typenames]);
  useSubscription({ query: subscription, variables: {}, pause: !isVisible || isSilent, context });
}
