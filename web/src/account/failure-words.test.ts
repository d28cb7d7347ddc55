import { describe, expect, it } from 'vitest';
import { CloudError } from './api/cloud-request.ts';
import { explainEnterFailure } from './explain-enter-failure.ts';
import { explainFailure } from './failure-words.ts';
import { explainPasskeyFailure } from './passkeys/explain-passkey-failure.ts';

describe('any request', () => {
  it.each([
    ['cloud_unreachable', 'This cloud does not answer', location.host],
    ['login_required', 'Your session has ended', 'nothing is lost'],
    ['ambiguous_session', 'Another page tampered with your sign-in', 'Delete the cookies'],
    ['temporarily_unavailable', 'This cloud has a lot to do', 'Wait a few seconds'],
    ['unexpected_answer', 'This cloud could not do that', 'does not understand'],
    ['server_error', 'This cloud could not do that', 'log'],
  ])('%s', (code, title, words) => {
    expect(explainFailure(new CloudError(code, 400))).toEqual({
      title,
      message: expect.stringContaining(words),
    });
  });

  it.each([
    [undefined, 'Wait a minute.'],
    [0, 'Wait a second.'],
    [30, 'Wait 30 seconds.'],
    [89, 'Wait 89 seconds.'],
    [90, 'Wait 2 minutes.'],
    [600, 'Wait 10 minutes.'],
  ])('too many requests, %s s to wait: %s', (retryAfterSeconds, words) => {
    const { title, message } = explainFailure(
      new CloudError('too_many_requests', 429, { retryAfterSeconds }),
    );
    expect(title).toBe('Too many tries');
    expect(message).toContain(words);
  });

  it('a defect of the page never shows its own words', () => {
    const { message } = explainFailure(new TypeError('x is not a function'));
    expect(message).not.toContain('function');
  });
});

describe('signing in or up', () => {
  it.each([
    ['INVALID_EMAIL_OR_PASSWORD', 'Wrong email or password'],
    ['USER_ALREADY_EXISTS', 'No account was created'],
    ['USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL', 'No account was created'],
    ['INVALID_EMAIL', 'This is not an email address'],
    ['PASSWORD_TOO_SHORT', 'The cloud does not accept this password'],
    ['PASSWORD_TOO_LONG', 'The cloud does not accept this password'],
    ['session_not_kept', 'Your browser did not keep the sign-in'],
    ['cloud_unreachable', 'This cloud does not answer'],
    ['too_many_requests', 'Too many tries'],
    ['server_error', 'This cloud could not do that'],
  ])('%s', (code, title) => {
    expect(explainEnterFailure(new CloudError(code, 400)).title).toBe(title);
  });
});

describe('signing in with a passkey', () => {
  it.each([
    ['ACCOUNT_DISABLED', 'This account cannot be used at the moment'],
    ['EMAIL_NOT_VERIFIED', 'Your address is not confirmed yet'],
    ['UNKNOWN_PASSKEY', 'No account here has this passkey'],
    ['server_error', 'This cloud could not do that'],
  ])('%s', (code, title) => {
    expect(explainPasskeyFailure(new CloudError(code, 400)).title).toBe(title);
  });
});
