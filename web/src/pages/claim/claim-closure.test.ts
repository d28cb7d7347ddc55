import { describe, expect, it } from 'vitest';
import { claimClosure } from './claim-closure.ts';

const since = '2026-11-23T12:00:00.000Z';
const observation: Parameters<typeof claimClosure>[0] = {
  outcome: { kind: 'asking' },
  notices: [],
  tries: { left: 5 },
};
const notice = (code: 'CLAIM_LOCKED' | 'CLAIM_WINDOW_CLOSED' | 'CLOCK_SKEW') => ({
  code,
  message: `The words of ${code}.`,
  since,
});

describe('codes are judged', () => {
  it.each([
    ['while there are tries left', {}],
    ['before it is known how many', { tries: undefined }],
    ['when the instance does not say how many', { tries: { left: undefined } }],
    ['whatever else the instance says', { notices: [notice('CLOCK_SKEW')] }],
  ])('%s', (_, changes) => {
    expect(claimClosure({ ...observation, ...changes })).toBeUndefined();
  });
});

describe('no code is judged', () => {
  it('by an instance that is locked for everybody', () => {
    expect(claimClosure({ ...observation, notices: [notice('CLAIM_LOCKED')] })).toEqual({
      kind: 'locked',
      message: 'The words of CLAIM_LOCKED.',
      endIsNoticed: true,
    });
  });

  it('of a workspace that has no tries left, also after a reload', () => {
    expect(claimClosure({ ...observation, tries: { left: 0 } })).toEqual({
      kind: 'locked',
      message: expect.stringContaining('Restart the instance'),
      endIsNoticed: true,
    });
  });

  it('after the answer to the last try, whose words are kept', () => {
    const outcome = { kind: 'locked', message: 'It was the last try.' } as const;
    const closure = { kind: 'locked', message: 'It was the last try.' };
    expect(claimClosure({ ...observation, outcome })).toEqual({ ...closure, endIsNoticed: false });
    expect(claimClosure({ ...observation, outcome, tries: { left: 0 } })).toEqual({
      ...closure,
      endIsNoticed: true,
    });
  });

  it('after the window has closed, as the instance says by itself', () => {
    expect(claimClosure({ ...observation, notices: [notice('CLAIM_WINDOW_CLOSED')] })).toEqual({
      kind: 'window-closed',
      message: 'The words of CLAIM_WINDOW_CLOSED.',
      endIsNoticed: true,
    });
  });

  it('after the window has closed, as the answer to a code', () => {
    const outcome = { kind: 'window-closed', message: 'Too late.' } as const;
    expect(claimClosure({ ...observation, outcome })).toEqual({
      kind: 'window-closed',
      message: 'Too late.',
      endIsNoticed: false,
    });
  });
});
