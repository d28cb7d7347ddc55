import { CombinedError } from 'urql';
import { expect, it } from 'vitest';
import { renameOutcome } from './rename-outcome.ts';

it('a success refuses nothing', () => {
  const instance = { id: 'instance-1', name: 'Lab' };
  expect(
    renameOutcome({ renameInstance: { __typename: 'InstanceRenamed', instance } }, undefined),
  ).toBeUndefined();
});

it.each(['InvalidName', 'CloudUnavailable'] as const)(
  '%s is told in the words of the instance',
  (__typename) => {
    const message = 'The words of the instance.';
    expect(renameOutcome({ renameInstance: { __typename, message } }, undefined)).toBe(message);
  },
);

it('that the cloud cannot confirm the sign-in is told in words of the page', () => {
  const refusal = { message: 'The words of the instance.', extensions: { code: 'unconfirmed' } };
  const words = renameOutcome(undefined, new CombinedError({ graphQLErrors: [refusal] }));
  expect(words).toContain('lost its line to the cloud');
  expect(words).toContain('Nothing was changed');
});

it.each([
  [new CombinedError({ graphQLErrors: ['Sign in first.'] }), 'Sign in first.'],
  [
    new CombinedError({ networkError: new TypeError('Failed to fetch') }),
    'The instance gave no answer. Check that it is running, then try again.',
  ],
  [undefined, 'The instance gave no answer. Check that it is running, then try again.'],
])('without an answer the name stays as it was: %s', (error, words) => {
  expect(renameOutcome(undefined, error)).toBe(words);
});
