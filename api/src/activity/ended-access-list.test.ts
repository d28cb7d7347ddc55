import { expect, test } from 'vitest';
import { ActivityPlace } from '../../test/activity-place.ts';

const week = 7 * 24 * 3_600;
const role = 'owner';

test('row 28: a sign-in that ended stays ended, also after a restart; others are not touched', async () => {
  await using place = await ActivityPlace.create();
  const at = Math.floor(place.time / 1_000);
  const token = { sub: 'account-1', grantId: 'grant-1', role, iat: at };
  place.open().endedAccess.end({ subject: 'grant', id: 'grant-1', at });
  const { endedAccess } = place.open();
  expect(endedAccess.has(token)).toBe(true);
  expect(endedAccess.has({ ...token, iat: at + 1 })).toBe(true);
  expect(endedAccess.has({ ...token, grantId: 'grant-2' })).toBe(false);
  expect(endedAccess.has({ ...token, grantId: undefined })).toBe(false);
  expect(endedAccess.has({ ...token, sub: 'grant-1', grantId: 'account-1' })).toBe(false);
});

test('row 28: of an account, the tokens issued until then have ended, whichever event came last', async () => {
  await using place = await ActivityPlace.create();
  const { endedAccess } = place.open();
  const at = Math.floor(place.time / 1_000);
  endedAccess.end({ subject: 'account', id: 'account-1', at });
  endedAccess.end({ subject: 'account', id: 'account-1', at: at - 10 });
  const token = { sub: 'account-1', grantId: 'any', role, iat: at };
  expect(endedAccess.has(token)).toBe(true);
  expect(endedAccess.has({ ...token, iat: at + 1 })).toBe(false);
  expect(endedAccess.has({ ...token, sub: 'account-2' })).toBe(false);
  expect(place.open().endedAccess.has(token)).toBe(true);
});

test('row 28: of an account with another role, the tokens that say the old one have ended', async () => {
  await using place = await ActivityPlace.create();
  const at = Math.floor(place.time / 1_000);
  const token = { sub: 'account-1', grantId: 'grant-1', role, iat: at };
  const first = place.open().endedAccess;
  first.end({ subject: 'role', id: 'account-1', role: 'viewer', at });
  for (const endedAccess of [first, place.open().endedAccess]) {
    expect(endedAccess.has(token)).toBe(true);
    // Renewed within the same second, which must not sign anybody out.
    expect(endedAccess.has({ ...token, role: 'viewer' })).toBe(false);
    expect(endedAccess.has({ ...token, iat: at + 1 })).toBe(true);
    expect(endedAccess.has({ ...token, iat: at + 60 })).toBe(false);
    expect(endedAccess.has({ ...token, sub: 'account-2' })).toBe(false);
  }
});

test('of several changes of a role, the last counts, also within a second', async () => {
  await using place = await ActivityPlace.create();
  const at = Math.floor(place.time / 1_000);
  const { endedAccess } = place.open();
  for (const next of ['viewer', 'admin'])
    endedAccess.end({ subject: 'role', id: 'account-1', role: next, at });
  endedAccess.end({ subject: 'role', id: 'account-1', role: 'member', at: at - 1 });
  for (const { has } of [endedAccess, place.open().endedAccess].map((list) => ({
    has: (said: string) => list.has({ sub: 'account-1', grantId: 'grant-1', role: said, iat: at }),
  }))) {
    expect([has('viewer'), has('member'), has('admin')]).toEqual([true, true, false]);
  }
});

test('is forgotten within a minute once no token can be that old', async () => {
  await using place = await ActivityPlace.create();
  const { endedAccess } = place.open();
  const at = Math.floor(place.time / 1_000);
  const token = { sub: 'account-1', grantId: 'grant-1', role, iat: at };
  endedAccess.end({ subject: 'grant', id: 'grant-1', at });
  place.time += week * 1_000;
  endedAccess.end({ subject: 'grant', id: 'grant-2', at: at + week });
  expect(endedAccess.has(token)).toBe(true);
  place.time += 60_000;
  endedAccess.end({ subject: 'grant', id: 'grant-3', at: at + week });
  expect(endedAccess.has(token)).toBe(false);
  expect(place.open().endedAccess.has(token)).toBe(false);
});
