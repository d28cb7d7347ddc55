import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ActivityPlace, ann, bob, somewhere } from '../../test/activity-place.ts';

const elsewhere = { address: '2001:db8::1', userAgent: 'Chrome/140.0' };

test('a session is an account with a key: where and when it was used first and last', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  const start = place.time;
  sessions.use(ann, 'key-1', somewhere);
  place.time += 60_000;
  sessions.use({ ...ann, name: 'Ann B.' }, 'key-1', elsewhere);
  place.time += 1;
  sessions.use(ann, 'key-2', somewhere);
  place.time += 1;
  sessions.use(bob, 'key-1', somewhere);
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
    sessions.use(ann, 'key-1', somewhere);
    place.time += 1_000;
  }
  expect(sessions.page(1).items).toMatchObject([{ firstUsedAt: start, lastUsedAt: start + 60_000 }]);
});

test('is known again after a restart', async () => {
  await using place = await ActivityPlace.create();
  const first = place.open();
  first.sessions.use(ann, 'key-1', somewhere);
  first.writes.flush();
  const again = place.open();
  place.time += 5;
  again.sessions.use(ann, 'key-1', somewhere);
  expect(again.sessions.page(1).items).toMatchObject([{ lastUsedAt: place.time }]);
  expect(place.firstUses).toHaveLength(1);
});

test('pages follow each other, last use first', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  for (let key = 1; key <= 7; key += 1) sessions.use(ann, `key-${key}`, somewhere);
  const first = sessions.page(4);
  const last = first.items.at(-1);
  const second = sessions.page(4, last && { at: last.lastUsedAt, id: last.id });
  expect([...first.items, ...second.items].map(({ keyThumbprint }) => keyThumbprint)).toEqual(
    [7, 6, 5, 4, 3, 2, 1].map((key) => `key-${key}`),
  );
  expect([first.hasMore, second.hasMore]).toEqual([true, false]);
});

test('an account with many sessions pushes out its own', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open({ sessions: 4 });
  sessions.use(bob, 'b', somewhere);
  for (let key = 1; key <= 9; key += 1) {
    place.time += 1;
    sessions.use(ann, `key-${key}`, somewhere);
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
    sessions.use(ann, key, somewhere);
    writes.flush();
    place.time += 60_000;
  }
  sessions.use(ann, 'a', somewhere);
  writes.flush();
  place.time += 1;
  sessions.use(ann, 'd', somewhere);
  expect(sessions.page(9).items.map(({ keyThumbprint }) => keyThumbprint)).toEqual(['d', 'a', 'c']);
});

test('all are forgotten when the instance begins anew, and what comes then is a first use', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  sessions.use(ann, 'key-1', somewhere);
  sessions.page(1);
  sessions.use(bob, 'key-2', somewhere);
  sessions.forgetAll();
  expect(sessions.page(9).items).toEqual([]);
  sessions.use(ann, 'key-1', somewhere);
  expect(sessions.page(9).items).toMatchObject([{ account: ann, firstUsedAt: place.time }]);
  expect(place.firstUses).toEqual(['account-1 key-1', 'account-1 key-1']);
});

test('a clock that is set back neither hides uses for long nor turns the last use back', async () => {
  await using place = await ActivityPlace.create();
  const { sessions } = place.open();
  const start = place.time;
  sessions.use(ann, 'key-1', somewhere);
  sessions.page(1);
  place.time -= 3_600_000;
  sessions.use(ann, 'key-1', elsewhere);
  expect(sessions.page(1).items).toMatchObject([{ lastUsedAt: start, lastAddress: '2001:db8::1' }]);
});

test('while nothing can be written, uses do not pile up', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open({ sessions: 5 });
  using other = new DatabaseSync(place.path);
  other.exec('BEGIN IMMEDIATE');
  for (let key = 1; key <= 50; key += 1) sessions.use(ann, `key-${key}`, somewhere);
  writes.flush();
  expect(place.firstUses).toEqual([]);
  other.exec('ROLLBACK');
  expect(sessions.page(100).items).toHaveLength(5);
  expect(place.firstUses).toHaveLength(5);
});

test('the file holds thumbprints and never a token', async () => {
  await using place = await ActivityPlace.create();
  const { sessions, writes } = place.open();
  sessions.use(ann, 'thumbprint-of-the-key', somewhere);
  writes.flush();
  const content = (await readFile(`${place.path}-wal`)).toString('latin1');
  expect(content).toContain('thumbprint-of-the-key');
  expect(content).not.toMatch(/eyJ/);
});
