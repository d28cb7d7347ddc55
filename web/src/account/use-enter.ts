import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CloudError } from './api/cloud-request.ts';
import { sessionQuery } from './api/session.ts';

/**
 * Signs in or up with `send`, then learns who is signed in; the page goes on as soon as that is known.
 * Fails with `session_not_kept` when the browser threw the session cookie away.
 */
export function useEnter<Fields>(send: (fields: Fields) => Promise<void>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (fields: Fields) => {
      await send(fields);
      const account = await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      if (!account) throw new CloudError('session_not_kept', 200);
    },
  });
}
