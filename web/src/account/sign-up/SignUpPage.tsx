import { useQuery } from '@tanstack/react-query';
import { entryQuery, inviteQuery } from '../api/links.ts';
import { sessionQuery, signUp } from '../api/session.ts';
import { GoTo, useReturnPath } from '../navigation.tsx';
import { useEnter } from '../use-enter.ts';
import { LookIntoMail } from './LookIntoMail.tsx';
import { NotInvited } from './NotInvited.tsx';
import { SignUpPageView } from './SignUpPageView.tsx';

/** `invite` is the token of the invitation whose link led here, if one did. */
export function SignUpPage({ invite }: { invite: string | undefined }) {
  const returnTo = useReturnPath();
  const session = useQuery(sessionQuery);
  const entry = useQuery(entryQuery);
  const enter = useEnter(signUp);
  const policy = entry.data?.sign_up;
  const isInvited = policy === 'invite' && invite !== undefined;
  const invitation = useQuery({ ...inviteQuery(invite ?? ''), enabled: isInvited });
  if (session.data) return <GoTo to={returnTo} />;
  if (enter.data === 'mail') return <LookIntoMail email={enter.variables.email} returnTo={returnTo} />;
  if (policy === 'closed' || (policy === 'invite' && !isInvited)) {
    return <NotInvited why={policy} returnTo={returnTo} />;
  }
  if (invitation.data?.good === false) return <NotInvited why="useless" returnTo={returnTo} />;
  return (
    <SignUpPageView
      returnTo={returnTo}
      first={entry.data?.first_account ?? false}
      // Without an answer about policy or invitation the form is offered; the cloud judges.
      loading={session.isPending || entry.isPending || invitation.isLoading}
      submitting={enter.isPending}
      error={enter.error}
      onSubmit={(fields) => enter.mutate({ ...fields, invite })}
    />
  );
}
