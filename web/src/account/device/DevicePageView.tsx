import type { ReactNode } from 'react';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Loading } from '../../components/Loading.tsx';
import { useFocusHeading } from '../../components/use-focus-heading.ts';
import type { Account } from '../api/session.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { SignedInAs } from '../layout/SignedInAs.tsx';
import { DecisionMade } from './DecisionMade.tsx';
import type { DeviceActions, DeviceState } from './device-state.ts';
import { EnterCode } from './EnterCode.tsx';
import { ForeignInstance } from './ForeignInstance.tsx';
import { ReviewRequest } from './ReviewRequest.tsx';
import { Stopped } from './Stopped.tsx';

interface DevicePageViewProps extends DeviceActions {
  account: Account;
  state: DeviceState;
  signOutError: Error | null;
}

const TITLES: Record<DeviceState['step'], string> = {
  'enter-code': 'Enter a code',
  'looking-up': 'Approve a sign-in',
  review: 'Approve this sign-in?',
  foreign: 'This instance belongs to someone else',
  approved: 'Approved',
  denied: 'Denied',
  stopped: 'This sign-in cannot go on',
};

export function DevicePageView({ account, state, signOutError, ...actions }: DevicePageViewProps) {
  const title = TITLES[state.step];
  useFocusHeading(title);
  return (
    <AccountShell title={title} titleInContent>
      <CenteredCard title={title}>
        {contentOf(state, actions)}
        {signOutError ? <CloudFailure error={signOutError} /> : null}
        <SignedInAs
          account={account}
          onUseAnotherAccount={offersAnotherAccount(state) ? undefined : actions.onUseAnotherAccount}
        />
      </CenteredCard>
    </AccountShell>
  );
}

/** Where that is the way out, what is shown offers it. */
function offersAnotherAccount(state: DeviceState): boolean {
  return (
    state.step === 'foreign' || (state.step === 'stopped' && state.problem.remedy === 'use-another-account')
  );
}

function contentOf(state: DeviceState, actions: DeviceActions): ReactNode {
  switch (state.step) {
    case 'enter-code':
      return <EnterCode {...state} onSubmit={actions.onSubmitCode} />;
    case 'looking-up':
      return <Loading label="Looking the code up" />;
    case 'review':
      return <ReviewRequest {...state} {...actions} />;
    case 'foreign':
      return <ForeignInstance {...state} {...actions} />;
    case 'approved':
    case 'denied':
      return <DecisionMade {...state} onStartOver={actions.onStartOver} />;
    case 'stopped':
      return <Stopped {...state} {...actions} />;
  }
}
