import { Button } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { explainFailure } from '../failure-words.ts';

interface CloudFailureProps {
  error: Error;
  onRetry?: () => void;
}

/** A failure that any request to the cloud can meet, with the way to try again. */
export function CloudFailure({ error, onRetry }: CloudFailureProps) {
  return (
    <Failure
      {...explainFailure(error)}
      action={
        onRetry ? (
          <Button size="sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        ) : undefined
      }
    />
  );
}
