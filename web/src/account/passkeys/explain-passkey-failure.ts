import { CloudError } from '../api/cloud-request.ts';
import { explainEnterFailure } from '../explain-enter-failure.ts';
import type { FailureWords } from '../failure-words.ts';
import { explainSecurityFailure } from '../security/explain-security-failure.ts';
import { PasskeyCancelled, PasskeyKnown } from './ceremonies.ts';

/** Words for what can go wrong with passkeys. */
export function explainPasskeyFailure(error: Error): FailureWords {
  if (error instanceof PasskeyCancelled) {
    return {
      title: 'No passkey was used',
      message: 'Your browser’s dialog was closed, or nobody answered it in time. Try again.',
    };
  }
  if (error instanceof PasskeyKnown) {
    return {
      title: 'This device already has a passkey for your account',
      message: 'You can sign in with it. To make a new one, remove the old one first.',
    };
  }
  switch (error instanceof CloudError ? error.code : undefined) {
    case 'UNKNOWN_PASSKEY':
      return {
        title: 'No account here has this passkey',
        message: 'It was removed, or belongs to another cloud. Sign in with your password instead.',
      };
    case 'passkey_refused':
      return {
        title: 'The passkey was not added',
        message: 'It came too late, or belongs to another account. Try again.',
      };
    // Refused for the account, as with a password.
    case 'ACCOUNT_DISABLED':
    case 'EMAIL_NOT_VERIFIED':
      return explainEnterFailure(error);
    default:
      return explainSecurityFailure(error);
  }
}
