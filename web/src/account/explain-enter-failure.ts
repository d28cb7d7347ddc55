import { CloudError } from './api/cloud-request.ts';
import { PASSWORD_LENGTH } from './api/session.ts';
import { explainFailure, type FailureWords } from './failure-words.ts';

/** Words for what can go wrong when a person signs in or creates an account. */
export function explainEnterFailure(error: Error): FailureWords {
  switch (error instanceof CloudError ? error.code : undefined) {
    case 'INVALID_EMAIL_OR_PASSWORD':
      return {
        title: 'Wrong email or password',
        message: 'No account here has this email with this password. Check both and try again.',
      };
    case 'wrong_password':
      return {
        title: 'This is not the password',
        message: 'The account has another one. Check it for typing mistakes and try again.',
      };
    case 'USER_ALREADY_EXISTS':
    case 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL':
      return {
        title: 'No account was created',
        message: 'If you already have an account here, sign in instead; otherwise use another email address.',
      };
    case 'SIGN_UP_CLOSED':
      return {
        title: 'This cloud takes no new accounts',
        message: 'Whoever runs it has closed it for others. Ask them, or use another cloud.',
      };
    case 'INVITE_REQUIRED':
      return {
        title: 'The invitation is not good any more',
        message: 'It was used already, or is too old. Ask whoever runs this cloud for another one.',
      };
    case 'ACCOUNT_DISABLED':
      return {
        title: 'This account cannot be used at the moment',
        message: 'Whoever runs this cloud can tell you why, and let you in again.',
      };
    case 'EMAIL_NOT_VERIFIED':
      return {
        title: 'Your address is not confirmed yet',
        message: 'A new mail with a link is on its way: confirm your address, then sign in.',
      };
    case 'INVALID_EMAIL':
      return {
        title: 'This is not an email address',
        message: 'The cloud does not accept the email address. Check it for typing mistakes.',
      };
    case 'PASSWORD_TOO_SHORT':
    case 'PASSWORD_TOO_LONG':
    case 'password_length':
      return {
        title: 'The cloud does not accept this password',
        message: `Choose one of ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters.`,
      };
    case 'PASSWORD_TOO_WEAK':
    case 'password_too_weak':
      return {
        title: 'This password is too easy to guess',
        message: 'Choose a few words in a row that nobody would expect, or let your password manager choose.',
      };
    case 'session_not_kept':
      return {
        title: 'Your browser did not keep the sign-in',
        message: `Email and password are right, but the session cookie was thrown away. Allow cookies for ${location.host}, then try again.`,
      };
    default:
      return explainFailure(error);
  }
}
