import { useMutation } from '@tanstack/react-query';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { redeemPasswordReset } from '../api/links.ts';
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
  if (redeem.isSuccess) {
    return (
      <AccountShell title="Your password is changed" titleInContent>
        <CenteredCard
          title="Your password is changed"
          description="Every browser was signed out, at your instances too. Sign in with the new password."
        >
          <ButtonLink to="/sign-in">Sign in</ButtonLink>
        </CenteredCard>
      </AccountShell>
    );
  }
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
