import { describe, expect, it } from 'vitest';
import type { ConnectionReport } from '../../instances/connection-check.ts';
import { statusWords } from './connection-status.ts';

const online = {
  status: 'online',
  version: '0.1.0',
  issuer: 'https://cloud.test',
  resource: undefined,
  clockSkewSeconds: 0,
} as const;

const labels = (report: ConnectionReport | undefined, signedIn = false) =>
  statusWords(report, signedIn).map(({ label }) => label);

describe('an instance', () => {
  it.each([
    ['UNREGISTERED', false, 'Not registered'],
    ['UNCLAIMED', true, 'Unclaimed'],
    ['CLAIMED', true, 'Signed in'],
    ['CLAIMED', false, 'Signed out'],
  ] as const)('that is %s (signed in: %s) is online and %s', (state, signedIn, word) => {
    expect(labels({ ...online, state }, signedIn)).toEqual(['Online', word]);
  });

  it.each([
    ['offline', 'Offline'],
    ['not-an-instance', 'Not an instance'],
    ['origin-refused', 'Refuses this page'],
  ] as const)('that is %s has one word, whoever is signed in', (status, word) => {
    expect(labels({ status, message: 'The reason.' }, true)).toEqual([word]);
  });

  it('is being checked until something is known', () => expect(labels(undefined)).toEqual(['Checking']));
});
