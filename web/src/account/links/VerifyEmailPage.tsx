import { Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { redeemVerification } from '../api/links.ts';
import { explainEnterFailure } from '../explain-enter-failure.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { ButtonLink, TextLink } from '../navigation.tsx';
import { CurrentPasswordForm } from '../password/CurrentPasswordForm.tsx';
import { UselessLink } from './UselessLink.tsx';

/**
 * Behind the link that confirms an address. It takes the password: somebody else may have made the account with an
 * address that is not theirs, and whoever reads the mail must not let them in. Nor must programs that open links in mails
 * use them up.
 */
export function VerifyEmailPage({ token }: { token: string | undefined }) {
  const redeem = useMutation({ mutationFn: redeemVerification });
  if (token === undefined || (redeem.error instanceof CloudError && redeem.error.code === 'useless_link')) {
    return (
      <UselessLink>
        <ButtonLink to="/">Go on</ButtonLink>
      </UselessLink>
    );
  }
  if (redeem.isSuccess) {
    return (
      <AccountShell title="Your address is confirmed" titleInContent>
        <CenteredCard title="Your address is confirmed" description="You can sign in with it.">
          <ButtonLink to="/">Go on</ButtonLink>
        </CenteredCard>
      </AccountShell>
    );
  }
  return (
    <AccountShell title="Confirm your address" titleInContent>
      <CenteredCard
        title="Confirm your address"
        description={`It belongs to your account at ${location.host} from then on.`}
      >
        <CurrentPasswordForm
          submitLabel="Confirm my address"
          submitting={redeem.isPending}
          failure={redeem.error ? <Failure {...explainEnterFailure(redeem.error)} /> : null}
          onSubmit={(password) => redeem.mutate({ token, password })}
        />
        <Text size="sm">
          You did not create this account? Then somebody else has used your address. Leave this page, and the
          account stays unconfirmed, or{' '}
          <TextLink to="/forgot-password">choose a password of your own</TextLink>, which takes the account
          away from them.
        </Text>
      </CenteredCard>
    </AccountShell>
  );
}
