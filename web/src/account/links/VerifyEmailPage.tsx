import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { redeemVerification } from '../api/links.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { ButtonLink } from '../navigation.tsx';
import { UselessLink } from './UselessLink.tsx';

/**
 * Behind the link that confirms an address. It takes a click: programs that look into mails open links, too, and must not
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
        {redeem.error ? <CloudFailure error={redeem.error} /> : null}
        <Button loading={redeem.isPending} onClick={() => redeem.mutate(token)}>
          Confirm my address
        </Button>
      </CenteredCard>
    </AccountShell>
  );
}
