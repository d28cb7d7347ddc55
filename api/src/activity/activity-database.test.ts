import { readFile, stat, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { ActivityPlace } from '../../test/activity-place.ts';
import { ActivityDatabase } from './activity-database.ts';

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
  const before = await readFile(place.path);
  expect(() => ActivityDatabase.open(place.path)).toThrow(
    expect.objectContaining({
      code: 'written_by_newer_version',
      message: expect.stringContaining(
        `${place.path} was written by a newer version of Holdfast (version 99`,
      ),
    }),
  );
  expect(tablesOf(place.path)).toEqual(['later']);
  expect((await readFile(place.path)).length).toBe(before.length);
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
    const before = await readFile(place.path);
    expect(() => ActivityDatabase.open(place.path)).toThrow(
      expect.objectContaining({
        code: 'activity_damaged',
        message: expect.stringMatching(/instance\.db is damaged: .+ move it away/),
      }),
    );
    if (content) expect(await readFile(place.path)).toEqual(before);
    else expect(tablesOf(place.path)).toEqual(['sessions']);
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

function tablesOf(path: string): unknown[] {
  using database = new DatabaseSync(path, { readOnly: true });
  return database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all()
    .map(({ name }) => name);
}
