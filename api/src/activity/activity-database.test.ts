import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { ActivityPlace } from '../../test/activity-place.ts';
import { ActivityDatabase } from './activity-database.ts';
import { migrations } from './migrations.ts';

const isWindows = process.platform === 'win32';

test.skipIf(isWindows)('instance.db and what SQLite puts beside it are private under umask 000', async () => {
  const umask = process.umask(0o000);
  try {
    await using place = await ActivityPlace.create();
    const { audit, writes } = place.open();
    audit.record({ action: 'INSTANCE_STARTED', outcome: 'SUCCEEDED' });
    writes.flush();
    for (const path of [place.path, `${place.path}-wal`, `${place.path}-shm`])
      expect((await stat(path)).mode & 0o777, path).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

test('what was written is there after a restart', async () => {
  await using place = await ActivityPlace.create();
  {
    using database = ActivityDatabase.open(place.path);
    database
      .prepare("INSERT INTO audit_entries (at, action, outcome) VALUES (1, 'CLAIMED', 'SUCCEEDED')")
      .run();
  }
  expect(place.open().audit.page(1).items).toMatchObject([{ at: 1, action: 'CLAIMED' }]);
});

test('of a newer version is refused and left alone', async () => {
  await using place = await ActivityPlace.create();
  {
    using newer = new DatabaseSync(place.path);
    newer.exec('CREATE TABLE later (x); PRAGMA user_version = 99');
  }
  const before = await filesBeside(place);
  expect(() => ActivityDatabase.open(place.path)).toThrow(
    expect.objectContaining({
      code: 'written_by_newer_version',
      message: expect.stringContaining(
        `${place.path} was written by a newer version of Holdfast (version 99`,
      ),
    }),
  );
  expect(await filesBeside(place)).toEqual(before);
});

describe('a damaged instance.db', () => {
  test.each([
    ['text', Buffer.from('This is a text and not a database. '.repeat(50))],
    ['a torn header', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4_080, 0xff)])],
    ['somebody else’s tables', undefined],
  ])('%s is told with the way out, and left alone', async (_what, content) => {
    await using place = await ActivityPlace.create();
    if (content) await writeFile(place.path, content);
    else {
      using other = new DatabaseSync(place.path);
      other.exec('CREATE TABLE sessions (x)');
    }
    const before = await filesBeside(place);
    expect(() => ActivityDatabase.open(place.path)).toThrow(
      expect.objectContaining({
        code: 'activity_damaged',
        message: expect.stringMatching(/instance\.db is damaged: .+ move it away/),
      }),
    );
    expect(await filesBeside(place)).toEqual(before);
  });

  test('a directory in its place is called unusable', async () => {
    await using place = await ActivityPlace.create();
    expect(() => ActivityDatabase.open(`${place.path}/below/instance.db`)).toThrow(
      expect.objectContaining({
        code: 'data_path_unusable',
        message: expect.stringContaining('no such directory'),
      }),
    );
  });
});

describe('row 45: an instance.db in which somebody put', () => {
  const trigger = 'CREATE TRIGGER silence AFTER INSERT ON audit_entries BEGIN DELETE FROM audit_entries; END';
  const refused = (path: string) =>
    expect(() => ActivityDatabase.open(path)).toThrow(
      expect.objectContaining({
        code: 'activity_damaged',
        message: expect.stringMatching(/instance\.db is damaged: it does not hold .+ move it away/),
      }),
    );

  test.each([
    ['a trigger', trigger],
    ['a view', 'CREATE VIEW later AS SELECT 1'],
    ['an index', 'CREATE INDEX more ON sessions (user_agent)'],
    ['a table', 'CREATE TABLE more (x)'],
    ['a column', 'ALTER TABLE sessions ADD COLUMN more TEXT'],
    ['a hole', 'DROP TABLE ended_access'],
    ['an older version', 'PRAGMA user_version = 1'],
    ['a version before the first', 'PRAGMA user_version = -1'],
  ])('%s is refused and left alone', async (_what, statement) => {
    await using place = await ActivityPlace.create();
    await plant(place, statement);
    const before = await filesBeside(place);
    refused(place.path);
    expect(await filesBeside(place)).toEqual(before);
  });

  test.each([
    ['with its index', ['', '-wal', '-shm']],
    ['without', ['', '-wal']],
  ])(
    'a trigger that is only in the write-ahead log, %s, is refused and left alone',
    async (_how, suffixes) => {
      await using place = await ActivityPlace.create();
      await using copy = await ActivityPlace.create();
      ActivityDatabase.open(place.path)[Symbol.dispose]();
      {
        using other = new DatabaseSync(place.path);
        other.exec(trigger);
        for (const suffix of suffixes) await copyFile(`${place.path}${suffix}`, `${copy.path}${suffix}`);
      }
      const before = await filesBeside(copy);
      refused(copy.path);
      const after = await filesBeside(copy);
      // Whoever looks something up in the log leaves a mark in its index.
      for (const files of [before, after]) delete files['instance.db-shm'];
      expect(after).toEqual(before);
      expect(Object.keys(after)).toEqual(['instance.db', 'instance.db-wal']);
    },
  );

  test('a trigger that a rollback brings back is refused', async () => {
    await using place = await ActivityPlace.create();
    await plant(place, `PRAGMA journal_mode = DELETE; ${trigger}`);
    const journal = `${place.path}-journal`;
    {
      using other = new DatabaseSync(place.path);
      other.exec('PRAGMA synchronous = OFF; BEGIN; DROP TRIGGER silence');
      await copyFile(journal, `${journal}.kept`);
      other.exec('COMMIT');
    }
    await copyFile(`${journal}.kept`, journal);
    refused(place.path);
  });
});

test('of an older version is brought up to date', async () => {
  await using place = await ActivityPlace.create();
  {
    using older = new DatabaseSync(place.path);
    older.exec(`${migrations[0]}; PRAGMA user_version = 1`);
    older.exec("INSERT INTO audit_entries (at, action, outcome) VALUES (1, 'CLAIMED', 'SUCCEEDED')");
  }
  const { audit, endedAccess } = place.open();
  expect(audit.page(1).items).toMatchObject([{ at: 1, action: 'CLAIMED' }]);
  expect(endedAccess).toBeDefined();
});

test('no function that the schema names is called', async () => {
  await using place = await ActivityPlace.create();
  const { database } = place.open();
  expect(database.prepare('PRAGMA trusted_schema').get()).toEqual({ trusted_schema: 0 });
  expect(() => database.prepare('PRAGMA writable_schema = ON').run()).not.toThrow();
  expect(database.prepare('PRAGMA writable_schema').get()).toEqual({ writable_schema: 0 });
});

/** Lets somebody else at an `instance.db` as an instance leaves it. */
async function plant(place: ActivityPlace, statement: string): Promise<void> {
  ActivityDatabase.open(place.path)[Symbol.dispose]();
  using other = new DatabaseSync(place.path);
  other.exec(statement);
}

/** What lies in the directory of `instance.db`, with its content. */
async function filesBeside({ path }: ActivityPlace): Promise<Record<string, string>> {
  const directory = dirname(path);
  const files: Record<string, string> = {};
  for (const name of (await readdir(directory)).toSorted())
    files[name] = (await readFile(join(directory, name))).toString('base64');
  return files;
}
