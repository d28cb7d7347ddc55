import type { CombinedError } from 'urql';
import { AuthError } from '../auth/errors.ts';

const silence = 'The instance gave no answer. Check that it is running, then try again.';

/** Why a request to an instance failed, in words for a person; the browser's own, such as “Failed to fetch”, are not. */
export function requestFailure(error: CombinedError | undefined): string {
  const [refusal] = error?.graphQLErrors ?? [];
  if (refusal) return refusal.message;
  const reason = error?.networkError;
  return reason instanceof AuthError ? reason.message : silence;
}
