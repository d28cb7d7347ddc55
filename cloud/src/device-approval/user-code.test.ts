import { expect, test } from 'vitest';
import { displayUserCode, normalizeUserCode } from './user-code.ts';

test.each([
  'BCDF-GHJK',
  'BCDFGHJK',
  'bcdf-ghjk',
  ' b c d f – g h j k\t',
  'BCDF—GHJK',
  'BCDF‑GHJK',
  'BC-DF-GH-JK',
])('%j is what a person types for BCDFGHJK', (typed) => expect(normalizeUserCode(typed)).toBe('BCDFGHJK'));

test.each([
  '',
  '-',
  'BCDF',
  'BCDF-GHJKL',
  'ACDF-GHJK',
  'BCDF-GHJ1',
  'BCDF_GHJK',
  'ＢＣＤＦＧＨＪＫ',
  'BCDF-GHJK;',
  'YCDF-GHJK',
])('%j is no code', (typed) => expect(normalizeUserCode(typed)).toBeUndefined());

test('is shown in two halves', () => {
  expect(displayUserCode('BCDFGHJK')).toBe('BCDF-GHJK');
  expect(normalizeUserCode(displayUserCode('XXXXZZZZ'))).toBe('XXXXZZZZ');
});
