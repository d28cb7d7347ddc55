import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { sessionQuery, signOut } from '../api/session.ts';

/** Forgets who was signed in and what was loaded for them; the pages then lead to the sign-in page. */
export function useForgetSession(): () => void {
  const queryClient = useQueryClient();
  return useCallback(() => {
    queryClient.setQueryData(sessionQuery.queryKey, null);
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
  }, [queryClient]);
}

/** Ends this browser's session at the cloud. */
export function useSignOut() {
  const forgetSession = useForgetSession();
  return useMutation({ mutationFn: signOut, onSuccess: forgetSession });
}
