import { describe, expect, test } from 'vitest';
import { problemOf } from './finding.ts';

describe('a message of Holdfast as a finding', () => {
  test('its first sentence says what is so, the others what to do', () => {
    const message =
      'The key file /a.b/c.key is missing. Restore it from your backup. Without one, start anew.';
    expect(problemOf('Key', { message })).toEqual({
      check: 'Key',
      verdict: 'problem',
      message: 'The key file /a.b/c.key is missing.',
      remedy: 'Restore it from your backup. Without one, start anew.',
    });
  });

  test('one without advice gets some', () => {
    expect(problemOf('Key', { message: 'The passphrase is empty.' })).toMatchObject({
      message: 'The passphrase is empty.',
      remedy: expect.stringMatching(/^[A-Z].*\.$/),
    });
  });
});
