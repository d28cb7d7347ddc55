import { useQuery } from '@tanstack/react-query';
import { sessionQuery, signUp } from '../api/session.ts';
import { GoTo, useReturnPath } from '../navigation.tsx';
import { useEnter } from '../use-enter.ts';
import { SignUpPageView } from './SignUpPageView.tsx';

export function SignUpPage() {
  const returnTo = useReturnPath();
  const session = useQuery(sessionQuery);
  const enter = useEnter(signUp);
  if (session.data) return <GoTo to={returnTo} />;
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
