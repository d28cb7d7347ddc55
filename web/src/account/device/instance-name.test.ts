import { describe, expect, it } from 'vitest';
import { instanceNameProblem, suggestInstanceName } from './instance-name.ts';

describe('the name of an instance', () => {
  it('has 1 to 64 characters after trimming, none of them a control character', () => {
    expect(instanceNameProblem(` ${'x'.repeat(64)} `)).toBeNull();
    expect(instanceNameProblem('  ')).toMatch(/^Give/);
    expect(instanceNameProblem('x'.repeat(65))).toMatch(/at most 64 characters; these are 65/);
    expect(instanceNameProblem('two\nlines')).toMatch(/^Use letters/);
    expect(instanceNameProblem('🍳'.repeat(64))).toBeNull();
  });

  it.each(['\u3164', 'a\u2060b', 'Your bank \u2800', '\u0301'])('is to be seen: %j', (name) => {
    expect(instanceNameProblem(name)).toMatch(/^Use letters/);
    expect(suggestInstanceName(name, 'Ada')).toBe('My instance');
  });

  it.each([
    ['Lab', 'Ada Lovelace', 'Lab'],
    [null, 'Ada Lovelace', 'Ada’s instance'],
    ['  ', ' Ada ', 'Ada’s instance'],
    [null, 'x'.repeat(64), 'My instance'],
    ['x'.repeat(65), 'Ada', 'My instance'],
  ])('proposed for %j of %j is %j', (ownName, person, proposal) => {
    expect(suggestInstanceName(ownName, person)).toBe(proposal);
  });
});
