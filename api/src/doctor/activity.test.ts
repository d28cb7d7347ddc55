import { copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { ActivityPlace } from '../../test/activity-place.ts';
import { putPipe } from '../../test/pipe.ts';
import { ActivityDatabase } from '../activity/activity-database.ts';
import { examineActivity } from './activity.ts';

async function placeAfter(change: (path: string) => Promise<void> | void): Promise<ActivityPlace> {
  const place = await ActivityPlace.create();
  ActivityDatabase.open(place.path)[Symbol.dispose]();
  await change(place.path);
  return place;
}

/** What is found; nothing is put beside the database for that. */
async function examine({ path }: ActivityPlace) {
  const before = await readdir(dirname(path));
  const findings = await examineActivity(path);
  expect(await readdir(dirname(path))).toEqual(before);
  return findings;
}

const good = (path: string) => [
  { check: 'Activity', verdict: 'ok', message: `${path} holds the tables that it should.` },
];

const execute = (statement: string) => (path: string) => {
  using other = new DatabaseSync(path);
  other.exec(statement);
};

test('an instance.db that nobody uses', async () => {
  await using place = await placeAfter(() => undefined);
  expect(await examine(place)).toEqual(good(place.path));
});

test('one that an instance works with, and writes to right now', async () => {
  await using place = await ActivityPlace.create();
  const { database, writes, audit } = place.open();
  audit.record({ action: 'INSTANCE_STARTED', outcome: 'SUCCEEDED' });
  writes.flush();
  const findings: unknown[] = [];
  database.transaction(() => void findings.push(examine(place)));
  expect(await findings[0]).toEqual(good(place.path));
});

test('none where there is none', async () => {
  await using place = await placeAfter(async (path) => rm(path));
  expect(await examine(place)).toEqual([]);
});

describe('what the next start would refuse:', () => {
  test.each<[string, (path: string) => Promise<void> | void, string, string]>([
    ['garbage', async (path) => writeFile(path, 'no database '.repeat(1_000)), 'is damaged', 'move it away'],
    ['a table that is gone', execute('DROP TABLE sessions'), 'is damaged', 'Restore it from your backup'],
    [
      'a trigger',
      execute('CREATE TRIGGER t AFTER INSERT ON sessions BEGIN SELECT 1; END'),
      'is damaged',
      'move',
    ],
    ['a newer version', execute('PRAGMA user_version = 99'), 'newer version of Holdfast', 'Use that version'],
  ])('%s', async (_what, change, message, remedy) => {
    await using place = await placeAfter(change);
    expect(await examine(place)).toEqual([
      {
        check: 'Activity',
        verdict: 'problem',
        message: expect.stringContaining(message),
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });
});

test('one that somebody else has to himself is not waited for', async () => {
  await using place = await ActivityPlace.create();
  await using copy = await ActivityPlace.create();
  const { audit, writes } = place.open();
  audit.record({ action: 'INSTANCE_STARTED', outcome: 'SUCCEEDED' });
  writes.flush();
  for (const suffix of ['', '-wal', '-shm'])
    await copyFile(`${place.path}${suffix}`, `${copy.path}${suffix}`);
  using other = new DatabaseSync(copy.path);
  other.exec('PRAGMA locking_mode = EXCLUSIVE; SELECT 1 FROM sqlite_schema');
  expect(await examine(copy)).toMatchObject([
    { verdict: 'warning', message: expect.stringContaining('is in use for a moment') },
  ]);
});

test.skipIf(process.platform === 'win32').each(['', '-wal', '-shm', '-journal'])(
  'row 45: a pipe in place of instance.db%s is left to the finding about the files',
  async (companion) => {
    await using place = await placeAfter(async (path) => putPipe(`${path}${companion}`));
    expect(await examine(place)).toEqual([]);
  },
);
