import { expect, test } from 'vitest';
import { createRecoveryCodes, hashRecoveryCode } from './recovery-codes.ts';

test('ten different codes in groups of four', () => {
  const codes = createRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(?:-[0-9a-hjkmnp-tv-z]{4}){3}$/);
});

test('case, spaces, dashes and look-alikes do not matter', () => {
  const written = hashRecoveryCode('k0x1-7qpm-abcd-efgh');
  for (const typed of ['K0X17QPMABCDEFGH', ' kox1 7qpm abcd efgh ', 'k0xl-7qpm-abcd-efgh']) {
    expect(hashRecoveryCode(typed)).toBe(written);
  }
  expect(hashRecoveryCode('k0x2-7qpm-abcd-efgh')).not.toBe(written);
});

test.each(['', '123456', 'k0x1-7qpm-abcd-efg', 'k0x1-7qpm-abcd-efghh', 'u0x1-7qpm-abcd-efgh'])(
  '“%s” is none',
  (typed) => {
    expect(hashRecoveryCode(typed)).toBeUndefined();
  },
);
