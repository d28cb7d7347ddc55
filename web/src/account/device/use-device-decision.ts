import { useMutation, useQuery } from '@tanstack/react-query';
import {
  type DeviceDecision,
  type DeviceRequest,
  decideDeviceRequest,
  deviceRequestQuery,
} from '../api/device.ts';
import type { Account } from '../api/session.ts';
import { useForgetSession, useSignOut } from '../layout/use-sign-out.ts';
import { type UserCodeStore, useUserCode } from '../user-code-store.ts';
import { explainDeviceProblem } from './device-problem.ts';
import type { DeviceActions, DeviceState } from './device-state.ts';
import { suggestInstanceName } from './instance-name.ts';

/** Finds the device login that the stored user code names, and sends the person's decision on it. */
export function useDeviceDecision(
  account: Account,
  userCodes: UserCodeStore,
): { state: DeviceState; signOutError: Error | null } & DeviceActions {
  const userCode = useUserCode(userCodes);
  const lookup = useQuery({
    ...deviceRequestQuery(account.id, userCode ?? ''),
    enabled: userCode !== undefined,
  });
  const decision = useMutation({ mutationFn: decideDeviceRequest, onSuccess: () => userCodes.clear() });
  const signOut = useSignOut();
  const forgetSession = useForgetSession();

  const state = stateOf({ account, userCode, lookup, decision });
  const decide = (choice: Omit<DeviceDecision, 'accountId' | 'userCode'>) => {
    if (userCode !== undefined) decision.mutate({ accountId: account.id, userCode, ...choice });
  };
  const startOver = () => {
    decision.reset();
    userCodes.clear();
  };
  return {
    state,
    signOutError: signOut.error,
    onSubmitCode: (submitted) => {
      decision.reset();
      if (submitted === userCode) void lookup.refetch();
      else userCodes.set(submitted);
    },
    onApprove: (instanceName) => decide({ approve: true, instanceName }),
    onDeny: () => decide({ approve: false }),
    onExpire: () => void lookup.refetch(),
    onRetry: () => {
      decision.reset();
      void lookup.refetch();
    },
    onStartOver: startOver,
    onUseAnotherAccount: () => {
      // A refused code is used up: the other account could do nothing with it.
      if (state.step === 'stopped') startOver();
      signOut.mutate();
    },
    onSignInAgain: forgetSession,
  };
}

interface DecisionProgress {
  account: Account;
  userCode: string | undefined;
  lookup: { data: DeviceRequest | undefined; error: Error | null; isFetching: boolean };
  decision: {
    status: 'idle' | 'pending' | 'success' | 'error';
    variables: DeviceDecision | undefined;
    error: Error | null;
  };
}

function stateOf({ account, userCode, lookup, decision }: DecisionProgress): DeviceState {
  // A decision about an earlier code says nothing about this one.
  const made =
    userCode === undefined || decision.variables?.userCode === userCode ? decision.variables : undefined;
  if (userCode === undefined) {
    // A decided code is cleared just before the mutation reports success.
    const done = decision.status === 'success' || decision.status === 'pending';
    if (made && done) {
      return made.approve ? { step: 'approved', instanceName: made.instanceName } : { step: 'denied' };
    }
    return { step: 'enter-code', userCode: '', submitting: false, problem: undefined };
  }

  const failure = (made && decision.error) ?? lookup.error;
  const problem = failure ? explainDeviceProblem(failure) : undefined;
  if (problem?.remedy === 'enter-code') {
    return { step: 'enter-code', userCode, submitting: lookup.isFetching, problem };
  }
  if (problem && (problem.remedy !== 'retry' || !lookup.data)) return { step: 'stopped', problem };
  if (!lookup.data) return { step: 'looking-up' };
  return {
    step: 'review',
    request: lookup.data,
    suggestedName: suggestInstanceName(lookup.data.instance.name, account.name),
    deciding: made && decision.status === 'pending' ? (made.approve ? 'approve' : 'deny') : undefined,
    problem,
  };
}
