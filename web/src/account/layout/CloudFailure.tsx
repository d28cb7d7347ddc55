import { Button } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { explainFailure } from '../failure-words.ts';
import { useForgetSession } from './use-sign-out.ts';

interface CloudFailureProps {
  error: Error;
  onRetry?: () => void;
}

/** A failure that any request to the cloud can meet, with the way on: to try again, or to sign in again. */
export function CloudFailure({ error, onRetry }: CloudFailureProps) {
  const forgetSession = useForgetSession();
  const hasEnded = error instanceof CloudError && error.code === 'login_required';
  const [label, act] = hasEnded ? ['Sign in again', forgetSession] : ['Try again', onRetry];
  return (
    <Failure
      {...explainFailure(error)}
      action={
        act ? (
          <Button size="sm" variant="default" onClick={act}>
            {label}
          </Button>
        ) : undefined
      }
    />
  );
}
