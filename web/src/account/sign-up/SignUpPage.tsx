import { useQuery } from '@tanstack/react-query';
import { sessionQuery, signUp } from '../api/session.ts';
import { GoTo, useReturnPath } from '../navigation.tsx';
import { useEnter } from '../use-enter.ts';
import { LookIntoMail } from './LookIntoMail.tsx';
import { SignUpPageView } from './SignUpPageView.tsx';

export function SignUpPage() {
  const returnTo = useReturnPath();
  const session = useQuery(sessionQuery);
  const enter = useEnter(signUp);
  if (session.data) return <GoTo to={returnTo} />;
  if (enter.data === 'mail') return <LookIntoMail email={enter.variables.email} returnTo={returnTo} />;
  return (
    <SignUpPageView
      returnTo={returnTo}
      loading={session.isPending}
      submitting={enter.isPending}
      error={enter.error}
      onSubmit={enter.mutate}
    />
  );
}
