import { Button } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import type { DeviceProblem } from './device-problem.ts';
import type { DeviceActions } from './device-state.ts';

interface StoppedProps extends DeviceActions {
  problem: DeviceProblem;
}

/** A failure that entering another code does not mend, with the one thing that does. */
export function Stopped({ problem, ...actions }: StoppedProps) {
  const [label, act] = wayOut(problem, actions);
  return (
    <Failure
      title={problem.title}
      message={problem.message}
      action={
        <Button size="sm" variant="default" onClick={act}>
          {label}
        </Button>
      }
    />
  );
}

function wayOut(problem: DeviceProblem, actions: DeviceActions): [label: string, act: () => void] {
  switch (problem.remedy) {
    case 'use-another-account':
      return ['Use another account', actions.onUseAnotherAccount];
    case 'sign-in':
      return ['Sign in again', actions.onSignInAgain];
    case 'enter-code':
      return ['Enter another code', actions.onStartOver];
    case 'reload':
      return ['Load the page again', () => location.reload()];
    case 'retry':
      return ['Try again', actions.onRetry];
  }
}
