import { describe, expect, it } from 'vitest';
import { publicInstance } from '../../../test/instances.ts';
import { instanceSituation } from './instance-situation.ts';

const unclaimed = publicInstance();
const claimed = publicInstance({ state: 'CLAIMED' });
const unregistered = publicInstance({ state: 'UNREGISTERED' });
const silent = { kind: 'unreachable', message: 'Failed to fetch' } as const;
const denied = { kind: 'refused', code: 'access_denied', message: 'Not yours.' } as const;

describe('an instance that answers', () => {
  it.each([
    ['unregistered, whoever looks', unregistered, true, 'unregistered'],
    ['unregistered', unregistered, false, 'unregistered'],
    ['unclaimed, before a sign-in', unclaimed, false, 'signed-out'],
    ['unclaimed, after a sign-in', unclaimed, true, 'unclaimed'],
    ['claimed, before a sign-in', claimed, false, 'signed-out'],
    ['claimed, after a sign-in', claimed, true, 'claimed'],
  ] as const)('is %s', (_, instance, signedIn, kind) => {
    expect(instanceSituation({ instance, failure: undefined, signedIn })).toEqual({ kind, instance });
  });
});

describe('an instance that does not answer', () => {
  it('is loading until something is known', () => {
    expect(instanceSituation({ instance: undefined, failure: undefined, signedIn: true })).toEqual({
      kind: 'loading',
    });
  });

  it('cannot be reached', () => {
    expect(instanceSituation({ instance: undefined, failure: silent, signedIn: true })).toEqual({
      kind: 'unreachable',
      message: 'Failed to fetch',
    });
  });

  it('tears nothing down that it had shown before', () => {
    expect(instanceSituation({ instance: claimed, failure: silent, signedIn: true })).toEqual({
      kind: 'claimed',
      instance: claimed,
    });
  });
});

describe('an instance that refuses', () => {
  it('belongs to someone else', () => {
    expect(instanceSituation({ instance: claimed, failure: denied, signedIn: true })).toEqual({
      kind: 'foreign',
      message: 'Not yours.',
    });
  });

  it('a session that has just ended says nothing about who is here now', () => {
    expect(instanceSituation({ instance: claimed, failure: denied, signedIn: false })).toEqual({
      kind: 'loading',
    });
  });

  it.each([true, false])('for any other reason is told in its words (signed in: %s)', (signedIn) => {
    const failure = { kind: 'refused', code: 'query_too_deep', message: 'Too deep.' } as const;
    expect(instanceSituation({ instance: claimed, failure, signedIn })).toEqual({
      kind: 'refused',
      message: 'Too deep.',
    });
  });
});
