import { describe, expect, it } from 'vitest';
import { parseClaimCode } from './claim-code.ts';

describe('parseClaimCode', () => {
  it.each([
    ['ABCDE-12345', 'ABCDE-12345'],
    ['abcde12345', 'ABCDE-12345'],
    ['  abcde - 12345 ', 'ABCDE-12345'],
    ['OABCD-IL234', '0ABCD-11234'],
  ])('reads %j as %s', (input, code) => {
    expect(parseClaimCode(input)).toBe(code);
  });

  it.each(['', 'ABCDE-1234', 'ABCDE-123456', 'ABCDU-12345', 'ABCDE_12345', 'ABCDE–1234é'])(
    'refuses %j',
    (input) => {
      expect(parseClaimCode(input)).toBeUndefined();
    },
  );
});
