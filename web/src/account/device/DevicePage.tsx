import type { Account } from '../api/session.ts';
import { RequireAccount } from '../layout/RequireAccount.tsx';
import type { UserCodeStore } from '../user-code-store.ts';
import { DevicePageView } from './DevicePageView.tsx';
import { useDeviceDecision } from './use-device-decision.ts';

interface DevicePageProps {
  userCodes: UserCodeStore;
}

/**
 * The verification page of RFC 8628 section 3.3. Opening it decides nothing: only the person's click on Approve
 * or Deny does.
 */
export function DevicePage({ userCodes }: DevicePageProps) {
  return (
    <RequireAccount title="Approve a sign-in" returnTo="/device">
      {(account) => <DeviceDecision key={account.id} account={account} userCodes={userCodes} />}
    </RequireAccount>
  );
}

function DeviceDecision({ account, userCodes }: DevicePageProps & { account: Account }) {
  return <DevicePageView account={account} {...useDeviceDecision(account, userCodes)} />;
}
