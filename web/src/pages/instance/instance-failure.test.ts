import { CombinedError } from 'urql';
import { expect, it } from 'vitest';
import { instanceFailure } from './instance-failure.ts';

it('an answer with an error is a refusal, with its stable code', () => {
  const error = new CombinedError({
    graphQLErrors: [{ message: 'Not yours.', extensions: { code: 'access_denied' } }],
  });
  expect(instanceFailure(error)).toEqual({ kind: 'refused', code: 'access_denied', message: 'Not yours.' });
});

it.each([{}, { code: 7 }])('a refusal may have no code: %j', (extensions) => {
  const error = new CombinedError({ graphQLErrors: [{ message: 'No.', extensions }] });
  expect(instanceFailure(error)).toEqual({ kind: 'refused', code: undefined, message: 'No.' });
});

it('no answer means that the instance cannot be reached', () => {
  const error = new CombinedError({ networkError: new TypeError('Failed to fetch') });
  expect(instanceFailure(error)).toEqual({
    kind: 'unreachable',
    message: 'The instance gave no answer. Check that it is running, then try again.',
  });
});
