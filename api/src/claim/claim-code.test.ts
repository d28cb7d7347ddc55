import { describe, expect, test } from 'vitest';
import { ClaimCodeGate, generateClaimCode, normalizeClaimCode } from './claim-code.ts';

const code = '0123Z-VWX1J';
const ann = 'workspace-1';

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
    expect(gateAt().judge(input, ann)).toEqual({ result: 'right' });
  },
);

test.each(['', '0123Z', '0123Z-VWX1', `${code}0`, `${code}${' '.repeat(100)}`, '9123Z-VWX1J'])(
  '“%s” is wrong',
  (input) => {
    expect(gateAt().judge(input, ann)).toEqual({ result: 'wrong', triesLeft: 4 });
  },
);

test('as the address carries it, it is right', () => {
  const gate = gateAt();
  expect(gate.codeOfAddress).toMatch(/^0123Z-VWX1J\.[0-9A-HJKMNP-TV-Z]{4}$/);
  expect(gate.judge(gate.codeOfAddress, ann)).toEqual({ result: 'right' });
  expect(gate.judge(gate.codeOfAddress.toLowerCase(), ann)).toEqual({ result: 'right' });
  expect(gate.judge(`00000-00000.${gate.startId}`, ann)).toEqual({ result: 'wrong', triesLeft: 4 });
});

test.each([code, '00000-00000', ''])(
  'row 2: with the address of another start “%s” is refused unseen, and costs no try',
  (ofAddress) => {
    const gate = gateAt();
    const another = gate.startId === '0000' ? '1111' : '0000';
    for (const startId of [another, ''])
      expect(gate.judge(`${ofAddress}.${startId}`, ann)).toEqual({ result: 'outdated' });
    expect(gate.triesLeft(ann)).toBe(5);
  },
);

test('row 2: no tries of a workspace, no window: the address of another start opens neither', () => {
  let now = 0;
  const gate = new ClaimCodeGate(code, () => now, 60);
  for (let wrong = 0; wrong < 5; wrong += 1) gate.judge('00000-00000', ann);
  expect(gate.judge(`${code}.`, ann)).toEqual({ result: 'locked' });
  now = 60_000;
  expect(gate.judge(`${code}.`, 'workspace-2')).toEqual({ result: 'window-closed' });
});

test('U is no character of a code', () => expect(normalizeClaimCode('U')).toBe('U'));

describe('tries', () => {
  test('the sixth is refused even if it is right', () => {
    const gate = gateAt();
    const outcomes = [4, 3, 2, 1, 0].map(() => gate.judge('00000-00000', ann));
    expect(outcomes).toEqual([4, 3, 2, 1, 0].map((triesLeft) => ({ result: 'wrong', triesLeft })));
    expect(gate.judge(code, ann)).toEqual({ result: 'locked' });
  });

  test('the fifth may be right', () => {
    const gate = gateAt();
    for (let wrong = 0; wrong < 4; wrong += 1) gate.judge('00000-00000', ann);
    expect(gate.judge(code, ann)).toEqual({ result: 'right' });
  });

  test('those of a stranger are not those of others, until far too many were wrong', () => {
    const gate = gateAt();
    for (let wrong = 0; wrong < 6; wrong += 1) gate.judge('00000-00000', 'stranger');
    expect(gate.judge(code, 'stranger')).toEqual({ result: 'locked' });
    expect(gate.judge(code, ann)).toEqual({ result: 'right' });
    for (let wrong = 0; wrong < 995; wrong += 1) gate.judge('00000-00000', `workspace-${wrong}x`);
    expect(gate.isLocked).toBe(true);
    expect(gate.triesLeft(ann)).toBe(0);
    expect(gate.judge(code, ann)).toEqual({ result: 'locked' });
  });

  test('a right code costs none', () => {
    const gate = gateAt();
    for (let right = 0; right < 10; right += 1) expect(gate.judge(code, ann)).toEqual({ result: 'right' });
    expect(gate.triesLeft(ann)).toBe(5);
  });

  test('that are left can be asked for, which costs none', () => {
    const gate = gateAt();
    for (const triesLeft of [5, 4, 3, 2, 1, 0, 0]) {
      expect(gate.triesLeft(ann)).toBe(triesLeft);
      expect(gate.triesLeft(ann)).toBe(triesLeft);
      gate.judge('00000-00000', ann);
    }
    expect(gate.triesLeft('workspace-2')).toBe(5);
  });
});

test.each([
  ['15 minutes', undefined, 15 * 60_000],
  ['as long as it is told', 60, 60_000],
])('the window stays open for %s, and costs no try when it is closed', (_length, given, milliseconds) => {
  let now = 1_000;
  const gate = new ClaimCodeGate(code, () => now, given);
  now += 500;
  gate.restartWindow();
  expect(gate.closesAt).toBe(now + milliseconds);
  now += milliseconds - 1;
  expect(gate.judge(code, ann)).toEqual({ result: 'right' });
  now += 1;
  expect(gate.judge(code, ann)).toEqual({ result: 'window-closed' });
  expect(gate.judge('00000-00000', ann)).toEqual({ result: 'window-closed' });
  expect(gate.triesLeft(ann)).toBe(5);
});
