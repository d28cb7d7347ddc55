import { expect, test } from 'vitest';
import { sessionEndOf } from './session-end.ts';

const heardAt = 1_800_000_000_000;

test.each([
  ['a sign-in', { subject: 'grant', id: 'grant-1' }, { reason: 'ENDED_AT_CLOUD', grantId: 'grant-1' }],
  [
    'an account',
    { subject: 'account', id: 'account-1' },
    { reason: 'ACCESS_REMOVED', accountId: 'account-1' },
  ],
] as const)('the end of %s is that of its sessions, not later than it was heard of', (_of, ended, end) => {
  expect(sessionEndOf({ ...ended, at: 1_799_999_990 }, heardAt)).toMatchObject({
    ...end,
    at: 1_799_999_990_000,
  });
  expect(sessionEndOf({ ...ended, at: 1_800_000_060 }, heardAt)).toMatchObject({ ...end, at: heardAt });
});

test('with another role, sessions go on', () => {
  const ended = { subject: 'role', id: 'account-1', role: 'viewer', at: 1_799_999_990 } as const;
  expect(sessionEndOf(ended, heardAt)).toBeUndefined();
});
