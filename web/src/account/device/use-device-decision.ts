import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { CloudError } from '../api/cloud-request.ts';
import {
  type DeviceDecision,
  decideDeviceRequest,
  deviceRequestQuery,
  type FoundRequest,
} from '../api/device.ts';
import type { Account } from '../api/session.ts';
import { useForgetSession, useSignOut } from '../layout/use-sign-out.ts';
import { type UserCodeStore, useUserCode } from '../user-code-store.ts';
import { tellOpener } from './ask-opener.ts';
import { explainDeviceProblem } from './device-problem.ts';
import type { DeviceActions, DeviceState } from './device-state.ts';
import { suggestInstanceName } from './instance-name.ts';

/** Finds the device login that the stored user code names, and sends the person's decision on it. */
export function useDeviceDecision(
  account: Account,
  userCodes: UserCodeStore,
): { state: DeviceState; signOutError: Error | null } & DeviceActions {
  const stored = useUserCode(userCodes);
  // What became of a code is shown for as long as the page is open; the store forgets the code at once.
  const [userCode, setUserCode] = useState(stored);
  if (stored !== undefined && stored !== userCode) setUserCode(stored);
  const query = deviceRequestQuery(account.id, userCode ?? '');
  const lookup = useQuery({ ...query, enabled: userCode !== undefined });
  const queries = useQueryClient();
  const decision = useMutation({
    mutationFn: decideDeviceRequest,
    onSuccess: () => {
      userCodes.clear();
      const { request, proof } = lookup.data ?? {};
      if (request?.binding && proof !== undefined) tellOpener(request.binding);
    },
    onError: (error) => {
      if (!(error instanceof CloudError && error.code === 'invalid_proof')) return;
      // The cloud does not believe it: the match code has to do.
      queries.setQueryData(query.queryKey, (found) => found && { ...found, proof: undefined });
    },
  });
  const signOut = useSignOut();
  const forgetSession = useForgetSession();

  const failure = failureOf({ userCode, lookup, decision });
  useEffect(() => {
    if (failure && explainDeviceProblem(failure).code !== 'waits') userCodes.clear();
  }, [failure, userCodes]);

  const state = stateOf({ account, userCode, lookup, decision });
  const decide = (choice: Omit<DeviceDecision, 'accountId' | 'userCode'>) => {
    if (userCode !== undefined) decision.mutate({ accountId: account.id, userCode, ...choice });
  };
  const startOver = () => {
    decision.reset();
    userCodes.clear();
    setUserCode(undefined);
  };
  return {
    state,
    signOutError: signOut.error,
    onSubmitCode: (submitted) => {
      decision.reset();
      userCodes.set(submitted);
      if (submitted === userCode) void lookup.refetch();
    },
    onApprove: (approval) => decide({ approve: true, proof: lookup.data?.proof, ...approval }),
    onDeny: () => decide({ approve: false }),
    onExpire: () => void lookup.refetch(),
    onRetry: () => {
      decision.reset();
      void lookup.refetch();
    },
    onStartOver: startOver,
    onUseAnotherAccount: () => signOut.mutate(null),
    onSignInAgain: forgetSession,
  };
}

interface DecisionProgress {
  account: Account;
  userCode: string | undefined;
  lookup: { data: FoundRequest | undefined; error: Error | null; isFetching: boolean };
  decision: {
    status: 'idle' | 'pending' | 'success' | 'error';
    variables: DeviceDecision | undefined;
    error: Error | null;
  };
}

/** A decision about an earlier code says nothing about this one. */
function decisionOn({ userCode, decision }: Pick<DecisionProgress, 'userCode' | 'decision'>) {
  return userCode !== undefined && decision.variables?.userCode === userCode ? decision : undefined;
}

function failureOf({ lookup, ...progress }: Omit<DecisionProgress, 'account'>): Error | null {
  return decisionOn(progress)?.error ?? lookup.error;
}

function stateOf({ account, ...progress }: DecisionProgress): DeviceState {
  const { userCode, lookup } = progress;
  if (userCode === undefined) {
    return { step: 'enter-code', userCode: '', submitting: false, problem: undefined };
  }
  const decision = decisionOn(progress);
  const made = decision?.variables;
  if (made && decision.status === 'success') {
    return made.approve ? { step: 'approved', instanceName: made.instanceName } : { step: 'denied' };
  }

  const failure = failureOf(progress);
  const problem = failure ? explainDeviceProblem(failure) : undefined;
  if (problem?.remedy === 'enter-code') {
    const toCorrect = problem.code === 'mistyped' ? userCode : '';
    return { step: 'enter-code', userCode: toCorrect, submitting: lookup.isFetching, problem };
  }
  if (problem && (problem.remedy !== 'retry' || !lookup.data)) return { step: 'stopped', problem };
  if (!lookup.data) return { step: 'looking-up' };
  const { request, proof } = lookup.data;
  const deciding = made && decision.status === 'pending' ? (made.approve ? 'approve' : 'deny') : undefined;
  if (request.instance.foreign) return { step: 'foreign', request, denying: deciding === 'deny', problem };
  return {
    step: 'review',
    request,
    bound: proof !== undefined,
    suggestedName: suggestInstanceName(request.instance.name, account.name),
    deciding,
    problem,
  };
}
