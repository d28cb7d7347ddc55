import { describe, expect, it } from 'vitest';
import { claimCodeProblem, parseClaimCode } from './claim-code.ts';

describe('parseClaimCode', () => {
  it.each([
    ['ABCDE-12345', 'ABCDE-12345'],
    ['abcde12345', 'ABCDE-12345'],
    ['  abcde - 12345 ', 'ABCDE-12345'],
    ['ABCDE–12345', 'ABCDE-12345'],
    ['OABCD-IL234', '0ABCD-11234'],
    [' http://127.0.0.1:3000/#claim=ABCDE-12345\n', 'ABCDE-12345'],
    ['http://127.0.0.1:3000/#claim=ABCDE-12345.7F3K', 'ABCDE-12345.7F3K'],
    ['abcde12345.7f3k', 'ABCDE-12345.7F3K'],
    ['ABCDE-12345. ', 'ABCDE-12345'],
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

describe('claimCodeProblem', () => {
  it.each(['ABCDE-12345', 'OABCD-IL234'])('has nothing against %j', (input) => {
    expect(claimCodeProblem(input)).toBeUndefined();
  });

  it.each(['UUUUU-UUUUU', 'abcdu12345'])('names the letter that no code has: %j', (input) => {
    expect(claimCodeProblem(input)).toContain('the letters I, L, O and U');
  });

  it.each(['', 'ABCDE-1234', 'UUUU', 'ABCDU-12345-6', 'ABCDE_12345'])(
    'asks for the whole code after %j',
    (input) => {
      expect(claimCodeProblem(input)).toContain('A claim code has ten letters and digits');
    },
  );
});
