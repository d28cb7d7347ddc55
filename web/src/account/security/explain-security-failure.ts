import { CloudError } from '../api/cloud-request.ts';
import { explainEnterFailure } from '../explain-enter-failure.ts';
import type { FailureWords } from '../failure-words.ts';

/** Words for what can go wrong while the protection of an account is changed. */
export function explainSecurityFailure(error: Error): FailureWords {
  switch (error instanceof CloudError ? error.code : undefined) {
    case 'WRONG_CODE':
    case 'wrong_code':
      return {
        title: 'This code is not right',
        message:
          'Type the code that your authenticator app shows now. Each counts once, so wait for the next one if you have just used it.',
      };
    case 'wrong_password':
      return { title: 'This is not your password', message: 'Check it for typing mistakes and try again.' };
    case 'SIGN_IN_EXPIRED':
      return {
        title: 'The sign-in waited too long',
        message: 'Five minutes have passed since your password was right. Begin again.',
      };
    case 'second_factor_on':
      return {
        title: 'An authenticator app is already in use',
        message: 'It was turned on in another tab or browser. Load the page again to see it.',
      };
    default:
      return explainEnterFailure(error);
  }
}
