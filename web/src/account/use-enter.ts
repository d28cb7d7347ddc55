import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CloudError } from './api/cloud-request.ts';
import { type EntryStep, sessionQuery } from './api/session.ts';
import { signedOutQuery } from './layout/use-sign-out.ts';

/**
 * Signs in or up with `send`, then learns who is signed in; the page goes on as soon as that is known. Succeeds with
 * what is still to be done, where one step was not all.
 * Fails with `session_not_kept` when the browser threw the session cookie away.
 */
export function useEnter<Fields>(send: (fields: Fields) => Promise<EntryStep>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (fields: Fields) => {
      const step = await send(fields);
      if (step !== 'entered') return step;
      const account = await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      if (!account) throw new CloudError('session_not_kept', 200);
      queryClient.removeQueries(signedOutQuery);
      return step;
    },
  });
}
