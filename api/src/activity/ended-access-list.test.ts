import { expect, test } from 'vitest';
import { ActivityPlace } from '../../test/activity-place.ts';

const week = 7 * 24 * 3_600;

test('row 28: a sign-in that ended stays ended, also after a restart; others are not touched', async () => {
  await using place = await ActivityPlace.create();
  const at = Math.floor(place.time / 1_000);
  const token = { sub: 'account-1', grantId: 'grant-1', iat: at };
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
  const token = { sub: 'account-1', grantId: 'any', iat: at };
  expect(endedAccess.has(token)).toBe(true);
  expect(endedAccess.has({ ...token, iat: at + 1 })).toBe(false);
  expect(endedAccess.has({ ...token, sub: 'account-2' })).toBe(false);
  expect(place.open().endedAccess.has(token)).toBe(true);
});

test('is forgotten once no token can be that old', async () => {
  await using place = await ActivityPlace.create();
  const { endedAccess } = place.open();
  const at = Math.floor(place.time / 1_000);
  const token = { sub: 'account-1', grantId: 'grant-1', iat: at };
  endedAccess.end({ subject: 'grant', id: 'grant-1', at });
  place.time += week * 1_000;
  endedAccess.end({ subject: 'grant', id: 'grant-2', at: at + week });
  expect(endedAccess.has(token)).toBe(true);
  place.time += 1_000;
  endedAccess.end({ subject: 'grant', id: 'grant-3', at: at + week });
  expect(endedAccess.has(token)).toBe(false);
  expect(place.open().endedAccess.has(token)).toBe(false);
});
