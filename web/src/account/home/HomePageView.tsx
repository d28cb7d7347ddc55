import { Button, Stack, Text } from '@mantine/core';
import { useRef } from 'react';
import { Loading } from '../../components/Loading.tsx';
import type { OwnedInstance } from '../api/instances.ts';
import type { Account } from '../api/session.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { ButtonLink } from '../navigation.tsx';
import { InstanceList } from './InstanceList.tsx';
import { SignOutQuestion } from './SignOutQuestion.tsx';
import type { useLeave } from './use-leave.ts';

interface HomePageViewProps {
  account: Account;
  /** Undefined until they are loaded. */
  instances: OwnedInstance[] | undefined;
  error: Error | null;
  leave: ReturnType<typeof useLeave>;
  onRetry: () => void;
}

export function HomePageView({ account, leave, ...list }: HomePageViewProps) {
  // It is disabled while the page finds out what to ask, and then has no focus that could come back by itself.
  const signOut = useRef<HTMLButtonElement>(null);
  return (
    <AccountShell
      title="Your instances"
      current="instances"
      actions={
        <>
          <ButtonLink to="/device">Enter a code</ButtonLink>
          <Button ref={signOut} variant="default" loading={leave.isPending} onClick={leave.start}>
            Sign out
          </Button>
        </>
      }
    >
      <Stack gap="lg">
        <Text c="dimmed">
          Signed in as <bdi>{account.name}</bdi> (<bdi>{account.email}</bdi>).
        </Text>
        {leave.error ? <CloudFailure error={leave.error} onRetry={leave.start} /> : null}
        <Instances accountId={account.id} {...list} />
        <SignOutQuestion
          question={leave.question}
          onCancel={leave.cancel}
          onClosed={() => signOut.current?.focus()}
        />
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
