import { readdirSync, statSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { diskSteps, writeContent } from '../data-directory/atomic-file.ts';
import { type Snapshot, snapshotDatabase } from './snapshot.ts';

const rowsAtFirst = 40_000;

/** A database in WAL mode of some twenty megabytes. */
function createDatabase(path: string): void {
  using database = new DatabaseSync(path);
  database.exec(
    `PRAGMA journal_mode = WAL;
     CREATE TABLE entries (batch INTEGER, content BLOB);
     WITH RECURSIVE numbers (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rowsAtFirst})
     INSERT INTO entries SELECT 0, randomblob(500) FROM numbers`,
  );
}

/** A connection of its own that adds five entries at a time, without a pause, until disposed of. */
async function startWriter(path: string): Promise<AsyncDisposable> {
  const writer = new Worker(
    `const { DatabaseSync } = require('node:sqlite');
     const { parentPort, workerData } = require('node:worker_threads');
     const database = new DatabaseSync(workerData);
     // Without waiting for the disk it leaves no moment to others.
     database.exec('PRAGMA synchronous = OFF');
     const insert = database.prepare('INSERT INTO entries VALUES (?, randomblob(500))');
     for (let batch = 1; ; batch += 1) {
       database.exec('BEGIN');
       for (let entry = 0; entry < 5; entry += 1) insert.run(batch);
       database.exec('COMMIT');
       if (batch === 10) parentPort.postMessage('writes');
     }`,
    { eval: true, workerData: path },
  );
  await new Promise((resolve) => writer.once('message', resolve));
  return { [Symbol.asyncDispose]: async () => void (await writer.terminate()) };
}

async function save(snapshot: Snapshot, path: string): Promise<void> {
  using file = diskSteps.createExclusively(path);
  await writeContent(file, snapshot.content());
}

function examine(path: string): { integrity: unknown; rows: number; torn: number; batches: number } {
  using database = new DatabaseSync(path);
  const one = (statement: string) => Object.values(database.prepare(statement).get() ?? {})[0];
  return {
    integrity: one('PRAGMA integrity_check'),
    rows: one('SELECT count(*) FROM entries') as number,
    torn: one(
      'SELECT count(*) FROM (SELECT 1 FROM entries WHERE batch > 0 GROUP BY batch HAVING count(*) <> 5)',
    ) as number,
    batches: one('SELECT max(batch) FROM entries') as number,
  };
}

describe('a snapshot of a database', () => {
  test('that is written to without a pause holds whole transactions, and ends', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'instance.db');
    createDatabase(path);
    {
      await using _writer = await startWriter(path);
      await using snapshot = await snapshotDatabase(path);
      await save(snapshot, join(root.path, 'copy.db'));
      await sleep(50);
    }
    const [copy, live] = [examine(join(root.path, 'copy.db')), examine(path)];
    expect(copy).toMatchObject({ integrity: 'ok', torn: 0 });
    expect(copy.batches).toBeGreaterThanOrEqual(10);
    expect(copy.rows).toBe(rowsAtFirst + 5 * copy.batches);
    expect(live.batches).toBeGreaterThan(copy.batches);
  });

  test('has the size of what it yields, and a private file without a name', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'instance.db');
    createDatabase(path);
    const modes = new Set<number>();
    const signal = {
      throwIfAborted() {
        const [copy] = readdirSync(root.path).filter((name) => name.endsWith('.tmp'));
        if (copy !== undefined) modes.add(statSync(join(root.path, copy)).mode & 0o777);
      },
    } as AbortSignal;
    await using snapshot = await snapshotDatabase(path, signal);
    expect([...modes]).toEqual([0o600]);
    expect(await readdir(root.path)).toEqual(['instance.db']);
    await save(snapshot, join(root.path, 'copy.db'));
    expect(snapshot).toMatchObject({
      name: 'instance.db',
      size: (await stat(join(root.path, 'copy.db'))).size,
    });
  });

  test('includes what a crash left in the write-ahead log', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'instance.db');
    createDatabase(path);
    await mkdir(join(root.path, 'crashed'));
    const crashed = join(root.path, 'crashed', 'instance.db');
    {
      using database = new DatabaseSync(path);
      database.exec('INSERT INTO entries VALUES (-1, NULL)');
      for (const suffix of ['', '-wal']) await copyFile(`${path}${suffix}`, `${crashed}${suffix}`);
    }
    {
      await using snapshot = await snapshotDatabase(crashed);
      await save(snapshot, join(root.path, 'copy.db'));
    }
    expect(examine(join(root.path, 'copy.db')).rows).toBe(rowsAtFirst + 1);
    await rm(`${crashed}-wal`);
    expect(examine(crashed).rows).toBe(rowsAtFirst);
  });

  test('leaves nothing behind, whether it was used, aborted or impossible', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'instance.db');
    createDatabase(path);
    await (await snapshotDatabase(path))[Symbol.asyncDispose]();
    const reason = new Error('enough');
    await expect(snapshotDatabase(path, AbortSignal.abort(reason))).rejects.toBe(reason);
    await writeGarbage(join(root.path, 'garbage.db'));
    await expect(snapshotDatabase(join(root.path, 'garbage.db'))).rejects.toThrow('not a database');
    expect((await readdir(root.path)).toSorted()).toEqual(['garbage.db', 'instance.db']);
  });
});

async function writeGarbage(path: string): Promise<void> {
  using file = diskSteps.createExclusively(path);
  file.write('This is no database. '.repeat(100));
}
