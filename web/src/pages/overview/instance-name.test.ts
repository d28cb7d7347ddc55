import { describe, expect, it } from 'vitest';
import { instanceNameProblem } from './instance-name.ts';

describe('instanceNameProblem', () => {
  it.each(['Laptop', ' Laptop ', 'x', 'Прокси №1', '🐙'.repeat(64)])('accepts %j', (name) => {
    expect(instanceNameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'Enter a name.'],
    ['   ', 'Enter a name.'],
    ['x'.repeat(65), 'A name has at most 64 characters; this one has 65.'],
    ['two\u0000parts', 'A name cannot contain line breaks or other characters that nobody sees.'],
    ['\u3164', 'A name cannot contain line breaks or other characters that nobody sees.'],
    ['soft\u00adhyphen', 'A name cannot contain line breaks or other characters that nobody sees.'],
  ])('refuses %j', (name, problem) => {
    expect(instanceNameProblem(name)).toBe(problem);
  });
});
