import { expect, it } from 'vitest';
import { CloudError } from '../api/cloud-request.ts';
import { EXPIRED_PROBLEM, explainDeviceProblem } from './device-problem.ts';

it.each([
  ['invalid_user_code', 'This cloud does not know the code', 'enter-code', 'mistyped'],
  ['expired_token', EXPIRED_PROBLEM.title, 'enter-code', 'over'],
  ['already_decided', 'This code was already used', 'enter-code', 'over'],
  ['access_denied', 'This instance belongs to someone else', 'use-another-account', 'over'],
  ['account_changed', 'Another account is signed in now', 'reload', 'waits'],
  ['ambiguous_session', 'Another page tampered with your sign-in', 'reload', 'waits'],
  ['login_required', 'Your session has ended', 'sign-in', 'waits'],
  ['cloud_unreachable', 'This cloud does not answer', 'retry', 'waits'],
  ['too_many_requests', 'Too many tries', 'retry', 'waits'],
  ['unexpected_answer', 'This cloud could not do that', 'retry', 'waits'],
])('%s: %s, way out %s; the code %s', (code, title, remedy, fate) => {
  expect(explainDeviceProblem(new CloudError(code, 400))).toMatchObject({ title, remedy, code: fate });
});

it('an unknown code names the cloud that was asked', () => {
  expect(explainDeviceProblem(new CloudError('invalid_user_code', 404)).message).toContain(location.host);
});

it('a defect of the page can be tried again', () => {
  expect(explainDeviceProblem(new TypeError('x is not a function')).remedy).toBe('retry');
});
