import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

/** Calls of the system that have not ended yet, oldest first. */
const { writings } = vi.hoisted(() => ({ writings: [] as ((error: Error | null) => void)[] }));

vi.mock(import('node:fs'), async (importOriginal) => {
  const original = await importOriginal();
  const fdatasync = (file: number, done: (error: Error | null) => void) => {
    original.fdatasync(file, (error) => void writings.push((injected) => done(error ?? injected)));
  };
  return { ...original, fdatasync: fdatasync as typeof original.fdatasync };
});

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let database: DatabaseSync;
let log: WriteAheadLog;

beforeEach(async () => {
  writings.length = 0;
  directory = await temporaryDirectory();
  database = new DatabaseSync(join(directory.path, 'things.db'));
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE things (name TEXT)');
  log = new WriteAheadLog(join(directory.path, 'things.db'));
});

afterEach(async () => {
  log.close();
  database.close();
  await directory[Symbol.asyncDispose]();
});

test('what was committed after a writing had begun waits for the next one, which serves all who came meanwhile', async () => {
  const told: string[] = [];
  const tell = (name: string) => log.sync().then(() => void told.push(name));
  const all = [tell('first')];
  await begun(1);
  all.push(tell('second'), tell('third'));
  endWriting();
  await begun(1);
  expect(told).toEqual(['first']);
  all.push(tell('fourth'));
  endWriting();
  await begun(1);
  expect(told).toEqual(['first', 'second', 'third']);
  endWriting();
  await Promise.all(all);
  expect(told).toEqual(['first', 'second', 'third', 'fourth']);
  expect(writings).toEqual([]);
  const alone = tell('alone');
  await begun(1);
  endWriting();
  await alone;
});

test('after a failure nothing is said to be on the disk, since the system may have forgotten it', async () => {
  const [first, second] = [log.sync(), log.sync()];
  const outcomes = Promise.allSettled([first, second]);
  await begun(1);
  endWriting(new Error('EIO'));
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(log.sync()).rejects.toThrow('EIO');
  expect(writings).toEqual([]);
});

async function begun(count: number): Promise<void> {
  await vi.waitFor(() => expect(writings).toHaveLength(count));
}

function endWriting(error: Error | null = null): void {
  writings.shift()?.(error);
}
