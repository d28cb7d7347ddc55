import { describe, expect, test } from 'vitest';
import { judgeNodeVersion } from './node-version.ts';

describe('row 45: a Node', () => {
  test.each([
    ['18.20.8', undefined, 'problem'],
    ['20.20.2', undefined, 'problem'],
    ['24.6.0', '3.53.0', 'problem'],
    ['24.15.0', '3.51.3', 'problem'],
    ['24.16.0', '3.53.0', 'ok'],
    ['26.0.0', '3.51.3', 'problem'],
    ['26.1.0', '3.53.0', 'ok'],
    ['27.0.0', '4.0.0', 'ok'],
  ])('%s with SQLite %s: %s', (node, sqlite, verdict) => {
    const versions = sqlite === undefined ? { node } : { node, sqlite };
    expect(judgeNodeVersion(versions)).toMatchObject({ verdict });
  });
});

test('the remedy is one sentence', () => {
  expect(judgeNodeVersion({ node: '20.20.2' })).toEqual({
    check: 'Node',
    verdict: 'problem',
    message: expect.stringMatching(/24\.16 .* this is Node 20\.20\.2\.$/),
    remedy: expect.stringMatching(/^Run it with npx holdfast/),
  });
});
