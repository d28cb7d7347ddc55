import { useQuery } from '@tanstack/react-query';
import { sessionQuery, signIn, signInWithCode } from '../api/session.ts';
import { signedOutQuery } from '../layout/use-sign-out.ts';
import { GoTo, useReturnPath } from '../navigation.tsx';
import { canUsePasskeys, enterWithPasskey } from '../passkeys/ceremonies.ts';
import { useEnter } from '../use-enter.ts';
import { SecondFactorView } from './SecondFactorView.tsx';
import { SignInPageView } from './SignInPageView.tsx';

export function SignInPage() {
  const returnTo = useReturnPath();
  const session = useQuery(sessionQuery);
  const signedOut = useQuery(signedOutQuery);
  const enter = useEnter(signIn);
  const enterPasskey = useEnter(enterWithPasskey);
  const enterCode = useEnter(signInWithCode);
  if (session.data) return <GoTo to={returnTo} />;
  if (enter.data === 'second_factor') {
    return (
      <SecondFactorView
        submitting={enterCode.isPending}
        error={enterCode.error}
        onSubmit={enterCode.mutate}
        onBeginAgain={() => {
          enterCode.reset();
          enter.reset();
        }}
      />
    );
  }
  return (
    <SignInPageView
      returnTo={returnTo}
      signedOut={signedOut.data}
      loading={session.isPending}
      submitting={enter.isPending}
      error={enter.error}
      onSubmit={enter.mutate}
      passkey={
        canUsePasskeys()
          ? {
              submitting: enterPasskey.isPending,
              error: enterPasskey.error,
              onUse: () => enterPasskey.mutate(),
            }
          : undefined
      }
    />
  );
}
