import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { CloudError } from '../api/cloud-request.ts';
import { type AccountSession, accountSessionsQuery } from '../api/sessions.ts';
import { useSignOut } from '../layout/use-sign-out.ts';
import type { Question } from './SignOutQuestion.tsx';

/** Signs out; but first it asks what becomes of sign-ins at instances, where some were approved in this session. */
export function useLeave(accountId: string) {
  const queryClient = useQueryClient();
  const signOut = useSignOut();
  const [asked, setAsked] = useState<AccountSession>();
  const leave = useMutation({
    mutationFn: async () => {
      const sessions = await queryClient
        .fetchQuery({ ...accountSessionsQuery(accountId), staleTime: 0 })
        .catch(noneIfEnded);
      const own = sessions.find(({ current }) => current);
      if (own && own.instances > 0) setAsked(own);
      else await signOut.mutateAsync(null);
    },
    onMutate: () => signOut.reset(),
  });
  return {
    start: () => leave.mutate(),
    isPending: leave.isPending,
    error: leave.error,
    question: asked && questionAbout(asked, signOut),
    cancel: () => setAsked(undefined),
  };
}

function questionAbout(own: AccountSession, signOut: ReturnType<typeof useSignOut>): Question {
  return {
    instances: own.instances,
    answering: signOut.isPending ? (signOut.variables ? 'end' : 'keep') : undefined,
    error: signOut.error,
    onEnd: () => signOut.mutate(own),
    onKeep: () => signOut.mutate(null),
  };
}

/** Where the session has ended elsewhere, there is nothing to ask any more. */
function noneIfEnded(error: unknown): AccountSession[] {
  if (error instanceof CloudError && error.code === 'login_required') return [];
  throw error;
}
