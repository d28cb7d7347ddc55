import { describe, expect, test } from 'vitest';
import {
  ClaimCodeGate,
  claimWindowMilliseconds,
  generateClaimCode,
  normalizeClaimCode,
} from './claim-code.ts';

const code = '0123Z-VWX1J';

function gateAt(now: () => number = () => 0): ClaimCodeGate {
  return new ClaimCodeGate(code, now);
}

test('a code has ten random characters of Crockford base32', () => {
  const codes = Array.from({ length: 500 }, generateClaimCode);
  for (const one of codes) expect(one).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
  expect(new Set(codes).size).toBe(500);
  expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32);
});

test.each([code, '0123ZVWX1J', '0123z-vwx1j', ' 0123Z VWX1J\n', 'O123Z-VWXLJ', 'o123z–vwxij'])(
  '“%s” is right',
  (input) => {
    expect(gateAt().judge(input)).toEqual({ result: 'right' });
  },
);

test.each(['', '0123Z', '0123Z-VWX1', `${code}0`, `${code}${' '.repeat(100)}`, '9123Z-VWX1J'])(
  '“%s” is wrong',
  (input) => {
    expect(gateAt().judge(input)).toEqual({ result: 'wrong', triesLeft: 4 });
  },
);

test('U is no character of a code', () => expect(normalizeClaimCode('U')).toBe('U'));

describe('tries', () => {
  test('the sixth is refused even if it is right', () => {
    const gate = gateAt();
    const outcomes = [4, 3, 2, 1, 0].map(() => gate.judge('00000-00000'));
    expect(outcomes).toEqual([4, 3, 2, 1, 0].map((triesLeft) => ({ result: 'wrong', triesLeft })));
    expect(gate.judge(code)).toEqual({ result: 'locked' });
  });

  test('the fifth may be right', () => {
    const gate = gateAt();
    for (let wrong = 0; wrong < 4; wrong += 1) gate.judge('00000-00000');
    expect(gate.judge(code)).toEqual({ result: 'right' });
  });

  test('a right code costs none', () => {
    const gate = gateAt();
    for (let right = 0; right < 10; right += 1) expect(gate.judge(code)).toEqual({ result: 'right' });
  });
});

test('the window closes 15 minutes after the start, and costs no try then', () => {
  let now = 1_000;
  const gate = gateAt(() => now);
  now += claimWindowMilliseconds - 1;
  expect(gate.judge(code)).toEqual({ result: 'right' });
  now += 1;
  expect(gate.judge(code)).toEqual({ result: 'window-closed' });
  expect(gate.judge('00000-00000')).toEqual({ result: 'window-closed' });
});
