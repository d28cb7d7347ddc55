import { CombinedError } from 'urql';
import { describe, expect, it } from 'vitest';
import { claimOutcome } from './claim-outcome.ts';

const code = 'ABCDE-12345';
const message = 'The words of the instance.';

describe('the answer of the instance', () => {
  it('a success', () => {
    const instance = { id: 'instance-1', state: 'CLAIMED' } as const;
    expect(
      claimOutcome(code, { claimInstance: { __typename: 'InstanceClaimed', instance } }, undefined),
    ).toEqual({ kind: 'claimed' });
  });

  it('a wrong code comes back to be corrected', () => {
    expect(
      claimOutcome(
        code,
        { claimInstance: { __typename: 'WrongClaimCode', message, triesLeft: 1 } },
        undefined,
      ),
    ).toEqual({
      kind: 'wrong-code',
      code,
      message,
    });
  });

  it('after the last try there is nothing to correct', () => {
    expect(
      claimOutcome(
        code,
        { claimInstance: { __typename: 'WrongClaimCode', message, triesLeft: 0 } },
        undefined,
      ),
    ).toEqual({ kind: 'locked', message });
  });

  it.each([
    ['OutdatedClaimCode', 'outdated'],
    ['ClaimLocked', 'locked'],
    ['ClaimWindowClosed', 'window-closed'],
    ['AlreadyClaimed', 'already-claimed'],
    ['CloudUnavailable', 'not-decided'],
  ] as const)('%s is %s, in the words of the instance', (__typename, kind) => {
    expect(claimOutcome(code, { claimInstance: { __typename, message } }, undefined)).toEqual({
      kind,
      message,
    });
  });
});

const silence = 'The instance gave no answer. Check that it is running, then try again.';

describe('without an answer nothing is decided', () => {
  it('the instance refused the request', () => {
    const error = new CombinedError({ graphQLErrors: ['Sign in first.'] });
    expect(claimOutcome(code, undefined, error)).toEqual({ kind: 'not-decided', message: 'Sign in first.' });
  });

  it('the instance was not there', () => {
    const error = new CombinedError({ networkError: new TypeError('Failed to fetch') });
    expect(claimOutcome(code, undefined, error)).toEqual({ kind: 'not-decided', message: silence });
  });

  it('nobody knows why', () => {
    expect(claimOutcome(code, undefined, undefined)).toEqual({
      kind: 'not-decided',
      message: silence,
    });
  });
});
