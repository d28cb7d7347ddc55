import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { GroupedCommitsDriver, groupedCommitsDialect } from './grouped-commits.ts';

interface Tables {
  things: { name: string; part_of: string | null };
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;
let writer: DatabaseSync;
let database: Kysely<Tables>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory.path, 'things.db');
  writer = new DatabaseSync(path);
  writer.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA foreign_keys = ON;
    CREATE TABLE things (
      name TEXT PRIMARY KEY,
      part_of TEXT REFERENCES things (name) DEFERRABLE INITIALLY DEFERRED
    );
  `);
  const reader = new DatabaseSync(path, { readOnly: true });
  database = new Kysely<Tables>({ dialect: groupedCommitsDialect(new GroupedCommitsDriver(writer, reader)) });
});

afterEach(async () => {
  await database.destroy();
  await directory[Symbol.asyncDispose]();
});

test('writes at the same time share a commit, and each is answered', async () => {
  const before = commitsInWal();
  const names = Array.from({ length: 50 }, (_, index) => `thing ${index}`);
  const results = await Promise.all(names.map(async (name) => add(name)));
  expect(results.map(({ numInsertedOrUpdatedRows }) => numInsertedOrUpdatedRows)).toEqual(
    names.map(() => 1n),
  );
  expect(commitsInWal() - before).toBe(1);
  expect(seenByOthers()).toHaveLength(50);
});

test('nobody hears of a write before it is committed, nor reads it', async () => {
  const answered = vi.fn<(result: unknown) => void>();
  const write = add('new').then(answered);
  expect(await all()).toEqual([]);
  expect(answered).not.toHaveBeenCalled();
  expect(seenByOthers()).toEqual([]);
  await write;
  expect([seenByOthers(), await all()]).toEqual([['new'], ['new']]);
});

test('a statement that fails takes no other along', async () => {
  const outcomes = await Promise.allSettled([add('a'), add('a'), add('b')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seenByOthers()).toEqual(['a', 'b']);
});

test('a transaction is undone alone, and others do not write into it', async () => {
  const goOn = Promise.withResolvers<void>();
  const transaction = database.transaction().execute(async (its) => {
    await its.insertInto('things').values({ name: 'undone', part_of: null }).execute();
    await goOn.promise;
    throw new Error('changed my mind');
  });
  transaction.catch(() => undefined);
  const [before, after] = [add('before'), add('after')];
  goOn.resolve();
  await expect(transaction).rejects.toThrow('changed my mind');
  await Promise.all([before, after]);
  expect(seenByOthers()).toEqual(['after', 'before']);
});

test('a transaction reads what it has written, and is kept as a whole', async () => {
  const seen = await database.transaction().execute(async (its) => {
    await its.insertInto('things').values({ name: 'whole', part_of: null }).execute();
    await its.insertInto('things').values({ name: 'part', part_of: 'whole' }).execute();
    return its.selectFrom('things').select('name').orderBy('name').execute();
  });
  expect(seen.map(({ name }) => name)).toEqual(['part', 'whole']);
  expect(seenByOthers()).toEqual(['part', 'whole']);
});

test('whoever shares a commit that fails hears of it, and the next one is good again', async () => {
  // The reference is only looked at by the commit.
  const outcomes = await Promise.allSettled([
    add('good'),
    add('bad', 'nothing'),
    database.transaction().execute(async (its) => {
      await its.insertInto('things').values({ name: 'in a transaction', part_of: null }).execute();
    }),
  ]);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && String(outcome.reason))).toEqual(
    outcomes.map(() => expect.stringContaining('FOREIGN KEY constraint failed')),
  );
  expect(seenByOthers()).toEqual([]);
  await add('next');
  expect(seenByOthers()).toEqual(['next']);
});

test('a disk that is full in the middle of a transaction leaves nothing of it', async () => {
  await add('before');
  writer.exec('PRAGMA max_page_count = 8');
  const transaction = database.transaction().execute(async (its) => {
    await its.insertInto('things').values({ name: 'first', part_of: null }).execute();
    const large = its
      .insertInto('things')
      .values({ name: 'x'.repeat(100_000), part_of: null })
      .execute();
    await large.catch(() => undefined);
    await its.insertInto('things').values({ name: 'last', part_of: null }).execute();
  });
  await expect(transaction).rejects.toThrow('the disk failed');
  expect(seenByOthers()).toEqual(['before']);
  await add('after');
  expect(seenByOthers()).toContain('after');
});

test('of many slow transactions and a write, each has its turn, and is answered before the last has ended', async () => {
  const ended: string[] = [];
  const slow = async (name: string) =>
    database.transaction().execute(async (its) => {
      await its.insertInto('things').values({ name, part_of: null }).execute();
      await sleep(30);
    });
  const work = Array.from({ length: 12 }, async (_, index) => {
    await (index === 2 ? add('quick') : slow(`slow ${index}`));
    ended.push(index === 2 ? 'quick' : `slow ${index}`);
  });
  await Promise.all(work);
  // What shares a commit is answered together.
  expect(ended.indexOf('quick')).toBeLessThan(8);
  expect(ended.at(-1)).toBe('slow 11');
  expect(seenByOthers()).toHaveLength(12);
});

test('a transaction that fails late undoes nothing of the next one', async () => {
  const first = database.transaction().execute(async (its) => {
    // Only the commit finds out.
    await its.insertInto('things').values({ name: 'bad', part_of: 'nothing' }).execute();
  });
  first.catch(() => undefined);
  const next = Promise.withResolvers<void>();
  const second = first.catch(async () =>
    database.transaction().execute(async (its) => {
      await its.insertInto('things').values({ name: 'good', part_of: null }).execute();
      await next.promise;
      await its.insertInto('things').values({ name: 'as well', part_of: null }).execute();
    }),
  );
  await expect(first).rejects.toThrow('FOREIGN KEY');
  await sleep(20);
  next.resolve();
  await second;
  expect(seenByOthers()).toEqual(['as well', 'good']);
});

test('while a transaction waits for something else, nothing spins', async () => {
  await database.transaction().execute(async (its) => {
    await its.insertInto('things').values({ name: 'patient', part_of: null }).execute();
    const before = process.cpuUsage();
    await sleep(500);
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(250_000);
  });
});

test('tables are made outside of groups', async () => {
  const write = add('a');
  await sql`CREATE TABLE more (name TEXT)`.execute(database);
  await write;
  expect(writer.isTransaction).toBe(false);
});

async function add(name: string, partOf: string | null = null) {
  return database.insertInto('things').values({ name, part_of: partOf }).executeTakeFirst();
}

async function all(): Promise<string[]> {
  const rows = await database.selectFrom('things').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}

/** By another connection, as after a crash. */
function seenByOthers(): string[] {
  const other = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = other.prepare('SELECT name FROM things ORDER BY name').all() as { name: string }[];
    return rows.map(({ name }) => name);
  } finally {
    other.close();
  }
}

/** @see https://www.sqlite.org/fileformat2.html#walformat the last frame of each commit says how large the database is */
function commitsInWal(): number {
  const wal = readFileSync(`${path}-wal`);
  const pageSize = wal.readUInt32BE(8);
  let commits = 0;
  for (let frame = 32; frame < wal.length; frame += 24 + pageSize) {
    if (wal.readUInt32BE(frame + 4) !== 0) commits += 1;
  }
  return commits;
}
