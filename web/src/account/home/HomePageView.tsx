import { Button, Stack, Text } from '@mantine/core';
import { Loading } from '../../components/Loading.tsx';
import type { OwnedInstance } from '../api/instances.ts';
import type { Account } from '../api/session.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { ButtonLink } from '../navigation.tsx';
import { InstanceList } from './InstanceList.tsx';

interface HomePageViewProps {
  account: Account;
  /** Undefined until they are loaded. */
  instances: OwnedInstance[] | undefined;
  error: Error | null;
  signingOut: boolean;
  signOutError: Error | null;
  onRetry: () => void;
  onSignOut: () => void;
}

export function HomePageView({ account, signingOut, signOutError, onSignOut, ...list }: HomePageViewProps) {
  return (
    <AccountShell
      title="Your instances"
      current="instances"
      actions={
        <>
          <ButtonLink to="/device">Enter a code</ButtonLink>
          <Button variant="default" loading={signingOut} onClick={onSignOut}>
            Sign out
          </Button>
        </>
      }
    >
      <Stack gap="lg">
        <Text c="dimmed">
          Signed in as <bdi>{account.name}</bdi> (<bdi>{account.email}</bdi>).
        </Text>
        {signOutError ? <CloudFailure error={signOutError} onRetry={onSignOut} /> : null}
        <Instances accountId={account.id} {...list} />
      </Stack>
    </AccountShell>
  );
}

type InstancesProps = Pick<HomePageViewProps, 'instances' | 'error' | 'onRetry'> & { accountId: string };

function Instances({ accountId, instances, error, onRetry }: InstancesProps) {
  if (error) return <CloudFailure error={error} onRetry={onRetry} />;
  if (!instances) return <Loading label="Loading your instances" />;
  return <InstanceList accountId={accountId} instances={instances} />;
}
