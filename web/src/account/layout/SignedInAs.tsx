import { Anchor, Divider, Text } from '@mantine/core';
import type { Account } from '../api/session.ts';

interface SignedInAsProps {
  account: Account;
  /** Leaves the link out where it is undefined. */
  onUseAnotherAccount: (() => void) | undefined;
}

/** Whose account a decision is made with, at the foot of a card. */
export function SignedInAs({ account, onUseAnotherAccount }: SignedInAsProps) {
  return (
    <div>
      <Divider mb="md" />
      <Text size="sm" c="dimmed">
        Signed in as <bdi>{account.name}</bdi> (<bdi>{account.email}</bdi>).{' '}
        {onUseAnotherAccount ? (
          <Anchor component="button" type="button" inherit onClick={onUseAnotherAccount}>
            Use another account
          </Anchor>
        ) : null}
      </Text>
    </div>
  );
}
