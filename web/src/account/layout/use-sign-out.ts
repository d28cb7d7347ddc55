import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
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

/** Whether the person has just signed out here, of which the page that follows says what it did not end. */
export const signedOutQuery = queryOptions({
  queryKey: ['signed-out'],
  queryFn: () => false,
  initialData: false,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Ends this browser's session at the cloud. */
export function useSignOut() {
  const queryClient = useQueryClient();
  const forgetSession = useForgetSession();
  return useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      forgetSession();
      queryClient.setQueryData(signedOutQuery.queryKey, true);
    },
  });
}
