import { Alert } from '@mantine/core';
import { IconFingerprint, IconKey } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { type PasswordReset, redeemPasswordReset } from '../api/links.ts';
import { explainEnterFailure } from '../explain-enter-failure.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { useForgetSession } from '../layout/use-sign-out.ts';
import { ButtonLink } from '../navigation.tsx';
import { NewPasswordForm } from '../password/NewPasswordForm.tsx';
import { UselessLink } from './UselessLink.tsx';

const noWords = () => [];

/** Behind the link for a new password; `token` is undefined when the page was opened without one. */
export function ResetPasswordPage({ token }: { token: string | undefined }) {
  const forgetSession = useForgetSession();
  const redeem = useMutation({ mutationFn: redeemPasswordReset, onSuccess: forgetSession });
  const isUseless = redeem.error instanceof CloudError && redeem.error.code === 'useless_link';
  if (token === undefined || isUseless) {
    return (
      <UselessLink>
        <ButtonLink to="/forgot-password">Ask for another link</ButtonLink>
      </UselessLink>
    );
  }
  if (redeem.isSuccess) return <PasswordChanged {...redeem.data} />;
  return (
    <AccountShell title="Choose a new password" titleInContent>
      <CenteredCard title="Choose a new password" description="It replaces the one that you have forgotten.">
        <NewPasswordForm
          submitting={redeem.isPending}
          failure={redeem.error ? <Failure {...explainEnterFailure(redeem.error)} /> : null}
          accountWords={noWords}
          onSubmit={(password) => redeem.mutate({ token, password })}
        />
      </CenteredCard>
    </AccountShell>
  );
}

/** Passkeys and registration keys work as before: one that somebody else has made would be a way back in. */
function PasswordChanged({ passkeys, registration_keys: keys, removed }: PasswordReset) {
  return (
    <AccountShell title="Your password is changed" titleInContent>
      <CenteredCard
        title="Your password is changed"
        description="Every browser was signed out, at your instances too. Sign in with the new password."
      >
        {removed ? (
          <Alert color="yellow" title="Some things were removed" icon={<IconFingerprint aria-hidden />}>
            Passkeys, two-step sign-in or registration keys were set up before anybody had confirmed that the
            address is theirs. Set them up again if they were yours.
          </Alert>
        ) : null}
        {passkeys > 0 ? (
          <>
            <Alert color="yellow" title="Look at your passkeys" icon={<IconFingerprint aria-hidden />}>
              {passkeys === 1
                ? 'Your account has a passkey, which signs in without the password. Remove it if you do not know it.'
                : `Your account has ${passkeys} passkeys, which sign in without the password. Remove those that you do not know.`}
            </Alert>
            <ButtonLink to="/sign-in" returnTo="/security">
              Sign in and look at them
            </ButtonLink>
          </>
        ) : null}
        {keys > 0 ? (
          <>
            <Alert color="yellow" title="Look at your registration keys" icon={<IconKey aria-hidden />}>
              {keys === 1
                ? 'A registration key of your account works, which adds instances to your workspace. Revoke it if you do not know it.'
                : `${keys} registration keys of your account work, which add instances to your workspace. Revoke those that you do not know.`}
            </Alert>
            <ButtonLink to="/sign-in" returnTo="/registration-keys">
              Sign in and look at the keys
            </ButtonLink>
          </>
        ) : null}
        {passkeys === 0 && keys === 0 ? <ButtonLink to="/sign-in">Sign in</ButtonLink> : null}
      </CenteredCard>
    </AccountShell>
  );
}
