import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { sessionQuery, signOut } from '../api/session.ts';
import { type AccountSession, endSession } from '../api/sessions.ts';

/** Forgets who was signed in and what was loaded for them; the pages then lead to the sign-in page. */
export function useForgetSession(): () => void {
  const queryClient = useQueryClient();
  return useCallback(() => {
    queryClient.setQueryData(sessionQuery.queryKey, null);
    queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
  }, [queryClient]);
}

/** Of what the person has just signed out here, which the page that follows says. */
export interface SignedOut {
  /** At how many instances it ended sign-ins. */
  instances: number;
}

/** Null where nobody has. */
export const signedOutQuery = queryOptions<SignedOut | null>({
  queryKey: ['signed-out'],
  queryFn: () => null,
  initialData: null,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Ends this browser's session at the cloud; where it is given, with the sign-ins at instances that were approved in it. */
export function useSignOut() {
  const queryClient = useQueryClient();
  const forgetSession = useForgetSession();
  return useMutation({
    mutationFn: async (withSignIns: AccountSession | null) => {
      if (withSignIns) await endSession(withSignIns.id);
      await signOut();
    },
    onSuccess: (_, withSignIns) => {
      forgetSession();
      const signedOut: SignedOut = { instances: withSignIns?.instances ?? 0 };
      queryClient.setQueryData(signedOutQuery.queryKey, signedOut);
    },
  });
}
