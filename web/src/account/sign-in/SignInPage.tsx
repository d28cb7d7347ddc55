import { useQuery } from '@tanstack/react-query';
import { sessionQuery, signIn } from '../api/session.ts';
import { GoTo, useReturnPath } from '../navigation.tsx';
import { useEnter } from '../use-enter.ts';
import { SignInPageView } from './SignInPageView.tsx';

export function SignInPage() {
  const returnTo = useReturnPath();
  const session = useQuery(sessionQuery);
  const enter = useEnter(signIn);
  if (session.data) return <GoTo to={returnTo} />;
  return (
    <SignInPageView
      returnTo={returnTo}
      loading={session.isPending}
      submitting={enter.isPending}
      error={enter.error}
      onSubmit={enter.mutate}
    />
  );
}
