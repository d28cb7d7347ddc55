import { Stack, Text } from '@mantine/core';
import type { Account } from '../api/session.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { RequireAccount } from '../layout/RequireAccount.tsx';
import { ConfirmationProvider } from './confirmation.tsx';
import { DeletionSection } from './DeletionSection.tsx';
import { EmailSection } from './EmailSection.tsx';
import { PasskeysSection } from './PasskeysSection.tsx';
import { PasswordSection } from './PasswordSection.tsx';
import { SecondFactorSection } from './SecondFactorSection.tsx';
import { SessionsSection } from './SessionsSection.tsx';

/** How an account is protected, and where it is in use. */
export function SecurityPage() {
  return (
    <RequireAccount title="Security" returnTo="/security">
      {(account) => <Security key={account.id} account={account} />}
    </RequireAccount>
  );
}

function Security({ account }: { account: Account }) {
  return (
    <AccountShell title="Security" current="security">
      <Stack gap="xl">
        <Text c="dimmed">
          Signed in as <bdi>{account.name}</bdi> (<bdi>{account.email}</bdi>).
        </Text>
        <ConfirmationProvider accountId={account.id}>
          <EmailSection account={account} />
          <PasswordSection account={account} />
          <PasskeysSection accountId={account.id} />
          <SecondFactorSection accountId={account.id} />
          <SessionsSection accountId={account.id} />
          <DeletionSection account={account} />
        </ConfirmationProvider>
      </Stack>
    </AccountShell>
  );
}
