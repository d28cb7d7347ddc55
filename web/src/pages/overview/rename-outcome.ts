import type { CombinedError } from 'urql';
import type { RenameInstanceMutation } from '../../graphql/generated/graphql.ts';
import { requestFailure } from '../request-failure.ts';

/** Undefined after a success, otherwise why the name stays as it was, in words for a person. */
export type RenameRefusal = string | undefined;

/** Turns the instance's answer to `renameInstance` into what the form shows. */
export function renameOutcome(
  data: RenameInstanceMutation | undefined,
  error: CombinedError | undefined,
): RenameRefusal {
  const result = data?.renameInstance;
  switch (result?.__typename) {
    case 'InstanceRenamed':
      return undefined;
    case 'InvalidName':
    case 'CloudUnavailable':
      return result.message;
    case undefined:
      return requestFailure(error);
  }
}
