import { describe, expect, it } from 'vitest';
import { emailProblem, newPasswordProblem, personNameProblem } from './credentials.ts';

describe('an email address', () => {
  it.each(['ada@example.test', '  ada@example.test ', 'a+b@c.d'])('can be %j', (email) => {
    expect(emailProblem(email)).toBeNull();
  });

  it.each(['', '  ', 'ada', 'ada@', 'ada@example', '@example.test', 'ada lovelace@example.test'])(
    'cannot be %j',
    (email) => expect(emailProblem(email)).toMatch(/^Enter/),
  );
});

describe('a new password', () => {
  it.each([12, 128])('can have %i characters', (length) => {
    expect(newPasswordProblem('x'.repeat(length))).toBeNull();
  });

  it.each([
    [0, /^Choose/],
    [11, /at least 12 characters; these are 11/],
    [129, /at most 128 characters; these are 129/],
  ])('cannot have %i', (length, words) => {
    expect(newPasswordProblem('x'.repeat(length))).toMatch(words);
  });

  it('may consist of spaces, which are not taken away', () => {
    expect(newPasswordProblem(' '.repeat(12))).toBeNull();
  });
});

describe('a name', () => {
  it('has 1 to 64 characters, not counting spaces around it', () => {
    expect(personNameProblem(` ${'x'.repeat(64)} `)).toBeNull();
    expect(personNameProblem('   ')).toMatch(/^Enter/);
    expect(personNameProblem('x'.repeat(65))).toMatch(/at most 64/);
  });
});
