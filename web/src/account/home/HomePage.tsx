import { useQuery } from '@tanstack/react-query';
import { ownedInstancesQuery } from '../api/instances.ts';
import type { Account } from '../api/session.ts';
import { RequireAccount } from '../layout/RequireAccount.tsx';
import { ConfirmationProvider } from '../security/confirmation.tsx';
import { HomePageView } from './HomePageView.tsx';
import { useLeave } from './use-leave.ts';

/** The cloud's start page: the account and the instances that it owns. */
export function HomePage() {
  return (
    <RequireAccount title="Your instances" returnTo="/">
      {(account) => (
        <ConfirmationProvider
          key={account.id}
          accountId={account.id}
          reason="Nobody can sign in to an instance that was removed."
        >
          <Home account={account} />
        </ConfirmationProvider>
      )}
    </RequireAccount>
  );
}

function Home({ account }: { account: Account }) {
  const instances = useQuery(ownedInstancesQuery(account.id));
  const leave = useLeave(account.id);
  return (
    <HomePageView
      account={account}
      instances={instances.data}
      error={instances.error}
      leave={leave}
      onRetry={() => void instances.refetch()}
    />
  );
}
