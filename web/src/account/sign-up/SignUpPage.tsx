import { useQuery } from '@tanstack/react-query';
import { entryQuery } from '../api/links.ts';
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
  if (session.data) return <GoTo to={returnTo} />;
  if (enter.data === 'mail') return <LookIntoMail email={enter.variables.email} returnTo={returnTo} />;
  const policy = entry.data?.sign_up;
  if (policy === 'closed' || (policy === 'invite' && invite === undefined)) {
    return <NotInvited policy={policy} returnTo={returnTo} />;
  }
  return (
    <SignUpPageView
      returnTo={returnTo}
      // Without an answer about the policy the form is offered; the cloud judges.
      loading={session.isPending || entry.isPending}
      submitting={enter.isPending}
      error={enter.error}
      onSubmit={(fields) => enter.mutate({ ...fields, invite })}
    />
  );
}
