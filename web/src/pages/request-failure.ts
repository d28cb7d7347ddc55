import type { CombinedError } from 'urql';
import { AuthError } from '../auth/errors.ts';

/** What to say of an instance that does not answer. */
export const silence = 'The instance gave no answer. Check that it is running, then try again.';

/** Of refusals that say nothing about the request, what the person should know. */
const refusals: Readonly<Record<string, string>> = {
  unconfirmed:
    'Nothing was changed: this instance has lost its line to the cloud, and cannot tell whether your sign-in still counts. You can look at everything meanwhile. Try again in a moment; if it stays so, whoever runs the instance finds the reason in its notices.',
};

/** Why a request to an instance failed, in words for a person; the browser's own, such as “Failed to fetch”, are not. */
export function requestFailure(error: CombinedError | undefined): string {
  const [refusal] = error?.graphQLErrors ?? [];
  if (refusal) return refusals[String(refusal.extensions.code)] ?? refusal.message;
  const reason = error?.networkError;
  return reason instanceof AuthError ? reason.message : silence;
}

/** Whether a request failed because the instance did not answer it, rather than because it refused. */
export function isSilence(error: CombinedError | undefined): boolean {
  return error?.networkError !== undefined && !(error.networkError instanceof AuthError);
}
