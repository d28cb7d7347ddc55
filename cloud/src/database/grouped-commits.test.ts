import { copyFileSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { GroupedCommitsDriver, groupedCommitsDialect } from './grouped-commits.ts';
import { type SyncedLog, WriteAheadLog } from './write-ahead-log.ts';

interface Tables {
  things: { name: string; part_of: string | null };
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let path: string;
let writer: DatabaseSync;
let database: Kysely<Tables>;
let log: HeldLog;

/** The log of SQLite, and what a power cut would leave of it: what was there when a writing began that has ended. */
class HeldLog implements SyncedLog {
  readonly #log = new WriteAheadLog(path);
  /** Everything waits for it. */
  disk: Promise<void> = Promise.resolve();
  #copies = 0;

  async sync(): Promise<void> {
    this.#copies += 1;
    const copy = join(directory.path, `copy ${this.#copies}.db`);
    for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
    await this.disk;
    await this.#log.sync();
    renameSync(`${copy}-wal`, join(directory.path, 'left.db-wal'));
    renameSync(copy, join(directory.path, 'left.db'));
  }

  close(): void {
    this.#log.close();
  }
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory.path, 'things.db');
  writer = new DatabaseSync(path);
  writer.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA foreign_keys = ON;
    CREATE TABLE things (
      name TEXT PRIMARY KEY,
      part_of TEXT REFERENCES things (name) DEFERRABLE INITIALLY DEFERRED
    );
  `);
  const reader = new DatabaseSync(path, { readOnly: true });
  log = new HeldLog();
  const driver = new GroupedCommitsDriver(writer, reader, log);
  database = new Kysely<Tables>({ dialect: groupedCommitsDialect(driver) });
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

test('nobody hears of a write before it is on the disk, nor of what they read meanwhile', async () => {
  const disk = holdDisk();
  const [written, read, undone] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
  const write = add('new').then(written);
  await vi.waitFor(() => expect(seenByOthers()).toEqual(['new']));
  const reading = all().then((names) => {
    read();
    return names;
  });
  const undoing = database
    .transaction()
    .execute(async (its) => {
      await its.selectFrom('things').selectAll().execute();
      throw new Error('as it was read');
    })
    .catch(undone);
  await sleep(50);
  for (const told of [written, read, undone]) expect(told).not.toHaveBeenCalled();
  disk.resolve();
  await Promise.all([write, undoing]);
  expect(await reading).toEqual(['new']);
});

test('what is written while the disk is busy shares the next commit', async () => {
  const disk = holdDisk();
  const first = add('first');
  await vi.waitFor(() => expect(seenByOthers()).toEqual(['first']));
  const before = commitsInWal();
  const others = ['a', 'b', 'c'].map(async (name) => {
    await sleep(5 * name.charCodeAt(0) - 480);
    await add(name);
  });
  await sleep(30);
  expect(seenByOthers()).toEqual(['first']);
  disk.resolve();
  await Promise.all([first, ...others]);
  expect(commitsInWal() - before).toBe(1);
});

test('a power cut takes nothing that was acknowledged', async () => {
  const work = Array.from({ length: 20 }, async (_, one) => {
    for (let round = 0; round < 10; round += 1) {
      await (round % 3 === 0
        ? database.transaction().execute(async (its) => {
            await its
              .insertInto('things')
              .values({ name: `${one} ${round}`, part_of: null })
              .execute();
          })
        : add(`${one} ${round}`));
      expect(seenIn(join(directory.path, 'left.db'))).toContain(`${one} ${round}`);
    }
  });
  await Promise.all(work);
});

test('once the disk has failed, everybody hears of it, and nothing is written any more', async () => {
  const disk = holdDisk();
  const writing = add('lost');
  await vi.waitFor(() => expect(seenByOthers()).toEqual(['lost']));
  const next = add('after');
  const transaction = database.transaction().execute(async (its) => {
    await its.insertInto('things').values({ name: 'in the middle', part_of: null }).execute();
    await sleep(50);
  });
  const outcomes = Promise.allSettled([writing, all(), next, transaction]);
  await sleep(20);
  disk.reject(new Error('EIO'));
  expect((await outcomes).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  await expect(add('later')).rejects.toThrow('EIO');
  await expect(all()).rejects.toThrow('EIO');
  expect(seenByOthers()).toEqual(['lost']);
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

/** What has been committed does not get to the disk until that is settled. */
function holdDisk(): PromiseWithResolvers<void> {
  const disk = Promise.withResolvers<void>();
  log.disk = disk.promise;
  return disk;
}

/** By another connection, as after a crash. */
function seenByOthers(): string[] {
  return seenIn(path);
}

function seenIn(file: string): string[] {
  const other = new DatabaseSync(file);
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
