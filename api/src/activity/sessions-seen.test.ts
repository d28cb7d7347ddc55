import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { ActivityPlace, ann, bob, somewhere, tokenOf } from '../../test/activity-place.ts';
import type { SessionFilter, SessionSeen } from './sessions-seen.ts';

const day = 86_400_000;

const elsewhere = { address: '2001:db8::1', userAgent: 'Chrome/140.0' };

test('a session is an account with a key: where and when it was used first and last', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  const start = place.time;
  sessions.use(ann, tokenOf('key-1'), somewhere);
  place.time += 60_000;
  sessions.use({ ...ann, name: 'Ann B.' }, tokenOf('key-1'), elsewhere);
  place.time += 1;
  sessions.use(ann, tokenOf('key-2'), somewhere);
  place.time += 1;
  sessions.use(bob, tokenOf('key-1'), somewhere);
  expect(sessions.page(10)).toMatchObject({
    items: [
      { account: bob, keyThumbprint: 'key-1' },
      { account: ann, keyThumbprint: 'key-2' },
      {
        ...{ account: { ...ann, name: 'Ann B.' }, keyThumbprint: 'key-1', userAgent: 'Chrome/140.0' },
        ...{ firstAddress: '192.0.2.1', lastAddress: '2001:db8::1' },
        ...{ firstUsedAt: start, lastUsedAt: start + 60_000 },
      },
    ],
    hasMore: false,
  });
  expect(place.firstUses).toEqual(['account-1 key-1', 'account-1 key-2', 'account-2 key-1']);
});

test('is written down once a minute, however often it is used', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  const start = place.time;
  for (let second = 0; second <= 119; second += 1) {
    sessions.use(ann, tokenOf('key-1'), somewhere);
    place.time += 1_000;
  }
  expect(sessions.page(1).items).toMatchObject([{ firstUsedAt: start, lastUsedAt: start + 60_000 }]);
});

test('is known again after a restart', async () => {
  await using place = await ActivityPlace.create();
  const first = place.open();
  first.sessions.use(ann, tokenOf('key-1'), somewhere);
  first.writes.flush();
  const again = place.open();
  place.time += 5;
  again.sessions.use(ann, tokenOf('key-1'), somewhere);
  expect(again.sessions.page(1).items).toMatchObject([{ lastUsedAt: place.time }]);
  expect(place.firstUses).toHaveLength(1);
});

test('pages follow each other, last use first', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  for (let key = 1; key <= 7; key += 1) sessions.use(ann, tokenOf(`key-${key}`), somewhere);
  const first = sessions.page(4);
  const last = first.items.at(-1);
  const second = sessions.page(4, last && { at: last.lastUsedAt, id: last.id });
  expect([...first.items, ...second.items].map(({ keyThumbprint }) => keyThumbprint)).toEqual(
    [7, 6, 5, 4, 3, 2, 1].map((key) => `key-${key}`),
  );
  expect([first.hasMore, second.hasMore]).toEqual([true, false]);
});

test('row 64: an account with many sessions pushes out its own', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open({ sessions: 4 });
  sessions.use(bob, tokenOf('b'), somewhere);
  for (let key = 1; key <= 9; key += 1) {
    place.time += 1;
    sessions.use(ann, tokenOf(`key-${key}`), somewhere);
    if (key % 3 === 0) writes.flush();
  }
  expect(sessions.page(10).items.map(({ keyThumbprint }) => keyThumbprint)).toEqual([
    ...['key-9', 'key-8', 'key-7'],
    'b',
  ]);
});

test('there is a limit: those go that were not used for longest', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open({ sessions: 3 });
  for (const key of ['a', 'b', 'c']) {
    sessions.use(ann, tokenOf(key), somewhere);
    writes.flush();
    place.time += 60_000;
  }
  sessions.use(ann, tokenOf('a'), somewhere);
  writes.flush();
  place.time += 1;
  sessions.use(ann, tokenOf('d'), somewhere);
  expect(sessions.page(9).items.map(({ keyThumbprint }) => keyThumbprint)).toEqual(['d', 'a', 'c']);
});

test('the limit is 10,000', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes, database } = place.open();
  const count = () => database.prepare('SELECT count(*) AS n FROM sessions').get()?.n;
  for (let key = 0; key < 10_000; key += 1) sessions.use(ann, tokenOf(`key-${key}`), somewhere);
  writes.flush();
  expect(count()).toBe(10_000);
  sessions.use(ann, tokenOf('one more'), somewhere);
  writes.flush();
  expect(count()).toBe(10_000);
});

test('there is an end: those go that were not used for a year, a few at a time', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open();
  for (let key = 1; key <= 700; key += 1) sessions.use(ann, tokenOf(`key-${key}`), somewhere);
  writes.flush();
  const kept = () => sessions.page(1_000).items.map(({ keyThumbprint }) => keyThumbprint);
  place.time += 364 * day;
  sessions.use(bob, tokenOf('bob'), somewhere);
  expect(kept()).toHaveLength(701);
  place.time += day + 1;
  sessions.use(ann, tokenOf('key-1'), somewhere);
  expect(kept()).toHaveLength(201);
  place.time += 60_000;
  sessions.use(bob, tokenOf('bob'), somewhere);
  expect(kept()).toEqual(['bob', 'key-1']);
  // It was used before it was over.
  expect(place.firstUses.filter((use) => use.endsWith(' key-1'))).toHaveLength(1);
});

test('a filter lets those of an account through, and those last used within a time, page by page', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  const start = place.time;
  for (let minute = 0; minute < 6; minute += 1) {
    place.time = start + minute * 60_000;
    sessions.use(minute % 2 === 0 ? ann : bob, tokenOf(`key-${minute}`), somewhere);
  }
  const keys = (filter: SessionFilter) =>
    sessions.page(9, undefined, filter).items.map(({ keyThumbprint }) => keyThumbprint);
  expect(keys({ account: ann.id })).toEqual(['key-4', 'key-2', 'key-0']);
  expect(keys({ account: 'nobody' })).toEqual([]);
  expect(keys({ since: start + 240_000 })).toEqual(['key-5', 'key-4']);
  expect(keys({ until: start + 120_000 })).toEqual(['key-1', 'key-0']);
  expect(keys({ account: bob.id, since: start + 60_000, until: start + 300_000 })).toEqual([
    'key-3',
    'key-1',
  ]);
  const { items, hasMore } = sessions.page(1, undefined, { account: bob.id, until: start + 300_000 });
  const [{ lastUsedAt: at, id } = { lastUsedAt: 0, id: 0 }] = items;
  expect(hasMore).toBe(true);
  const next = sessions.page(1, { at, id }, { account: bob.id, until: start + 300_000 });
  expect(next).toMatchObject({ items: [{ keyThumbprint: 'key-1' }], hasMore: false });
});

test('all are forgotten when the instance begins anew, and what comes then is a first use', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  sessions.use(ann, tokenOf('key-1'), somewhere);
  sessions.page(1);
  sessions.use(bob, tokenOf('key-2'), somewhere);
  sessions.forgetAll();
  expect(sessions.page(9).items).toEqual([]);
  sessions.use(ann, tokenOf('key-1'), somewhere);
  expect(sessions.page(9).items).toMatchObject([{ account: ann, firstUsedAt: place.time }]);
  expect(place.firstUses).toEqual(['account-1 key-1', 'account-1 key-1']);
});

test('a clock that is set back neither hides uses for long nor turns the last use back', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  const start = place.time;
  sessions.use(ann, tokenOf('key-1'), somewhere);
  sessions.page(1);
  place.time -= 3_600_000;
  sessions.use(ann, tokenOf('key-1'), elsewhere);
  expect(sessions.page(1).items).toMatchObject([{ lastUsedAt: start, lastAddress: '2001:db8::1' }]);
});

test('while nothing can be written, uses do not pile up', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open({ sessions: 5 });
  using other = new DatabaseSync(place.path);
  other.exec('BEGIN IMMEDIATE');
  for (let key = 1; key <= 50; key += 1) sessions.use(ann, tokenOf(`key-${key}`), somewhere);
  writes.flush();
  expect(place.firstUses).toEqual([]);
  other.exec('ROLLBACK');
  expect(sessions.page(100).items).toHaveLength(5);
  expect(place.firstUses).toHaveLength(5);
});

test('the file holds thumbprints and never a token', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open();
  sessions.use(ann, tokenOf('thumbprint-of-the-key'), somewhere);
  writes.flush();
  const content = (await readFile(`${place.path}-wal`)).toString('latin1');
  expect(content).toContain('thumbprint-of-the-key');
  expect(content).not.toMatch(/eyJ/);
});

describe('a session is over', () => {
  const endsOf = (page: { items: readonly SessionSeen[] }) =>
    page.items.map(({ keyThumbprint, end }) => [keyThumbprint, end?.reason, end?.at]);

  test('once somebody signed out in it; those in other browsers, and of others with its key, go on', async () => {
    await using place = await ActivityPlace.create();
    const { sessions } = place.open();
    for (const key of ['a', 'b']) sessions.use(ann, tokenOf(key), somewhere);
    sessions.use(bob, tokenOf('a', { grantId: 'of bob' }), somewhere);
    place.time += 5;
    sessions.end({ reason: 'SIGNED_OUT', at: place.time, account: ann, keyThumbprint: 'a' });
    expect(endsOf(sessions.page(9))).toEqual([
      ['a', undefined, undefined],
      ['b', undefined, undefined],
      ['a', 'SIGNED_OUT', place.time],
    ]);
    // Whoever did it is in the audit log already.
    expect(place.endedByCloud).toEqual([]);
  });

  test('once the cloud ended its sign-in: that is told once, and the reason of a sign-out stays', async () => {
    await using place = await ActivityPlace.create();
    const { sessions } = place.open();
    for (const key of ['a', 'b']) sessions.use(ann, tokenOf(key), somewhere);
    sessions.end({ reason: 'SIGNED_OUT', at: place.time, account: ann, keyThumbprint: 'a' });
    const at = place.time + 1_000;
    for (const key of ['a', 'b', 'b', 'unseen'])
      sessions.end({ reason: 'ENDED_AT_CLOUD', at, grantId: `grant of ${key}` });
    expect(endsOf(sessions.page(9))).toEqual([
      ['b', 'ENDED_AT_CLOUD', at],
      ['a', 'SIGNED_OUT', place.time],
    ]);
    expect(place.endedByCloud).toEqual([ann.id]);
    expect(endsOf(place.open().sessions.page(1))).toEqual([['b', 'ENDED_AT_CLOUD', at]]);
  });

  test('once its account was closed, unless its token is younger; and goes on when one is used that is', async () => {
    await using place = await ActivityPlace.create();
    const { sessions } = place.open();
    const { iat } = tokenOf('a');
    for (const [key, later] of [
      ['a', 0],
      ['b', 2],
    ] as const)
      sessions.use(ann, tokenOf(key, { iat: iat + later }), somewhere);
    sessions.use(bob, tokenOf('c'), somewhere);
    const [at, issuedUntil] = [place.time + 1_000, iat + 1];
    sessions.end({ reason: 'ACCESS_REMOVED', at, accountId: ann.id, issuedUntil });
    expect(endsOf(sessions.page(9, undefined, { ended: true }))).toEqual([['a', 'ACCESS_REMOVED', at]]);
    // Within the minute in which uses are not written down again.
    place.time += 3_000;
    sessions.use(ann, tokenOf('a', { iat: iat + 3 }), somewhere);
    expect(sessions.page(9, undefined, { ended: true }).items).toEqual([]);
    expect(sessions.page(1).items).toMatchObject([{ keyThumbprint: 'a', lastUsedAt: place.time }]);
  });

  test('when it is older than the cloud lets sign-ins become, unless it was used since', async () => {
    await using place = await ActivityPlace.create();
    const { sessions } = place.open();
    const [start, filter] = [place.time, { longestSignIn: 90 * day }];
    for (const key of ['a', 'b']) sessions.use(ann, tokenOf(key), somewhere);
    place.time = start + 90 * day;
    expect(sessions.page(9, undefined, { ...filter, ended: false }).items).toHaveLength(2);
    place.time += 1;
    sessions.use(ann, tokenOf('b'), somewhere);
    expect(endsOf(sessions.page(9, undefined, filter))).toEqual([
      ['b', undefined, undefined],
      ['a', 'EXPIRED', start + 90 * day],
    ]);
    expect(sessions.page(9).items.filter(({ end }) => end)).toEqual([]);
  });

  test('and is found apart from the others, page by page', async () => {
    await using place = await ActivityPlace.create();
    const { sessions } = place.open();
    for (let key = 1; key <= 6; key += 1) {
      sessions.use(ann, tokenOf(`key-${key}`), somewhere);
      if (key % 2 === 0)
        sessions.end({ reason: 'ENDED_AT_CLOUD', at: place.time, grantId: `grant of key-${key}` });
    }
    const keysOf = (page: { items: readonly SessionSeen[] }) =>
      page.items.map((session) => session.keyThumbprint);
    const first = sessions.page(2, undefined, { ended: true });
    const last = first.items.at(-1);
    const second = sessions.page(2, last && { at: last.lastUsedAt, id: last.id }, { ended: true });
    expect([keysOf(first), first.hasMore]).toEqual([['key-6', 'key-4'], true]);
    expect([keysOf(second), second.hasMore]).toEqual([['key-2'], false]);
    expect(keysOf(sessions.page(9, undefined, { ended: false }))).toEqual(['key-5', 'key-3', 'key-1']);
  });

  test('and then makes room first', async () => {
    await using place = await ActivityPlace.create();
    const { sessions } = place.open({ sessions: 2 });
    for (const key of ['a', 'b']) {
      sessions.use(ann, tokenOf(key), somewhere);
      place.time += 60_000;
    }
    sessions.end({ reason: 'ENDED_AT_CLOUD', at: place.time, grantId: 'grant of b' });
    sessions.page(1);
    sessions.use(ann, tokenOf('c'), somewhere);
    expect(sessions.page(9).items.map(({ keyThumbprint }) => keyThumbprint)).toEqual(['c', 'a']);
  });
});
