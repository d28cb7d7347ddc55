import { CloudError } from '../api/cloud-request.ts';
import { explainFailure, type FailureWords } from '../failure-words.ts';

/** Why a device login cannot go on, in words, with the one way out that the page offers. */
export interface DeviceProblem extends FailureWords {
  remedy: 'enter-code' | 'use-another-account' | 'sign-in' | 'reload' | 'retry';
  /** What becomes of the code: it still waits for a decision, it may be corrected, or nobody can use it any more. */
  code: 'waits' | 'mistyped' | 'over';
}

export const EXPIRED_PROBLEM: DeviceProblem = {
  title: 'This code has expired',
  message: 'Codes live for a few minutes. Start again in the instance’s page: it shows you a new one.',
  remedy: 'enter-code',
  code: 'over',
};

/** Words and way out for a failed lookup, approval or denial. */
export function explainDeviceProblem(error: Error): DeviceProblem {
  switch (error instanceof CloudError ? error.code : undefined) {
    case 'invalid_user_code':
      return {
        title: 'This cloud does not know the code',
        message: `Compare it with the code in the instance’s page, and check that the instance uses this cloud, ${location.host}.`,
        remedy: 'enter-code',
        code: 'mistyped',
      };
    case 'expired_token':
      return EXPIRED_PROBLEM;
    case 'already_decided':
      return {
        title: 'This code was already used',
        message:
          'The sign-in was approved or denied before, and each code works once. If you need another, start again in the instance’s page.',
        remedy: 'enter-code',
        code: 'over',
      };
    case 'access_denied':
      return {
        title: 'This instance belongs to someone else',
        message:
          'Your account is in no workspace that owns it, so the sign-in was refused and the code is used up. If it is yours under another account, change to that account here and start again in the instance’s page.',
        remedy: 'use-another-account',
        code: 'over',
      };
    case 'wrong_match_code':
      return {
        title: 'That is not the match code',
        message:
          'Look at the page where the sign-in began: it shows two digits. One try is left. If you do not have that page in front of you, deny.',
        remedy: 'retry',
        code: 'waits',
      };
    case 'match_codes_used_up':
      return {
        title: 'The sign-in was ended',
        message:
          'The match code was wrong twice, so the code is used up and nobody was signed in. Start again in the instance’s page, if you began this yourself.',
        remedy: 'enter-code',
        code: 'over',
      };
    case 'invalid_proof':
      return {
        title: 'This browser could not be recognised',
        message:
          'The cloud did not believe that the sign-in began here. Enter the match code that the page shows where it began, or deny.',
        remedy: 'retry',
        code: 'waits',
      };
    case 'account_changed':
      return {
        title: 'Another account is signed in now',
        message:
          'Nothing was decided. Load this page again, and see as whom you would decide. If you did not change accounts yourself, another page did it: do not approve.',
        remedy: 'reload',
        code: 'waits',
      };
    case 'ambiguous_session':
      return { ...explainFailure(error), remedy: 'reload', code: 'waits' };
    case 'login_required':
      return { ...explainFailure(error), remedy: 'sign-in', code: 'waits' };
    default:
      return { ...explainFailure(error), remedy: 'retry', code: 'waits' };
  }
}
