import { expect, test } from 'vitest';
import { base32, createTotpSecret, matchingTotpStep, totpCode, totpStep, totpUri } from './totp.ts';

/** RFC 6238 appendix B, the last six of its eight digits. */
const secret = Buffer.from('12345678901234567890');

test.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_234_567_890, '005924'],
  [20_000_000_000, '353130'],
])('the code at %d seconds is that of RFC 6238: %s', (seconds, code) => {
  expect(totpCode(secret, totpStep(seconds * 1_000))).toBe(code);
});

test('the codes of the period before and after count, others do not', () => {
  const now = 1_234_567_890_000;
  const current = totpStep(now);
  const matches = [-2, -1, 0, 1, 2].map((by) =>
    matchingTotpStep(secret, totpCode(secret, current + by), now),
  );
  expect(matches).toEqual([undefined, current - 1, current, current + 1, undefined]);
});

test.each(['', '28708', '2870822', '28708a', ' 287082', '２８７０８２'])('“%s” is no code', (code) => {
  expect(matchingTotpStep(secret, code, 59_000)).toBeUndefined();
});

test('secrets are written as authenticator apps read them', () => {
  expect(base32(secret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  expect(base32(createTotpSecret())).toMatch(/^[A-Z2-7]{32}$/);
  expect(totpUri(secret, { issuer: 'Holdfast localhost:7070', account: 'a&b@example.test' })).toBe(
    `otpauth://totp/Holdfast%20localhost%3A7070:a%26b%40example.test?secret=${base32(secret)}&issuer=Holdfast%20localhost%3A7070`,
  );
});
