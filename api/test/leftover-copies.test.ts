import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { backUp } from './backup-place.ts';
import { filledPlace, type Place } from './secrets-place.ts';

const copyName = '.instance.db.0123456789abcdef.tmp';

/** Secrets and an `instance.db` of a megabyte. */
async function placeWithActivity(): Promise<Place> {
  const place = await filledPlace();
  await writeFile(join(place.location.dataPath, 'layout'), '1\n');
  using database = new DatabaseSync(join(place.location.dataPath, 'instance.db'));
  database.exec(
    'PRAGMA journal_mode = WAL; CREATE TABLE entries (x); INSERT INTO entries VALUES (zeroblob(1e6))',
  );
  return place;
}

/** Of the files in the data directory that are not the instance's. */
async function copiesIn({ location }: Place): Promise<string[]> {
  return (await readdir(location.dataPath)).filter((name) => name.startsWith('.'));
}

async function age(path: string): Promise<void> {
  const hourAgo = Date.now() / 1_000 - 3_600;
  await utimes(path, hourAgo, hourAgo);
}

const backUpAs = async (place: Place, name: string) => backUp(place, { file: join(place.root, name) });

test.skipIf(process.platform !== 'linux')(
  'the copy of a backup that is under way stays, and goes with the next backup once that was killed',
  async () => {
    await using place = await placeWithActivity();
    const script = `
      const { snapshotDatabase } = await import(${JSON.stringify(new URL('../src/backup/snapshot.ts', import.meta.url).href)});
      const throwIfAborted = () => process.kill(process.pid, 'SIGSTOP');
      await snapshotDatabase(${JSON.stringify(join(place.location.dataPath, 'instance.db'))}, { throwIfAborted });`;
    const other = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
    const ended = once(other, 'exit');
    try {
      await expect
        .poll(async () => readFile(`/proc/${other.pid}/stat`, 'latin1'), { timeout: 10_000 })
        .toMatch(/\) T /);
      const copies = (await copiesIn(place)).toSorted();
      const [copy = ''] = copies;
      for (const name of copies) await age(join(place.location.dataPath, name));
      expect(await backUpAs(place, 'first.backup')).toMatchObject({ removed: [] });
      expect((await copiesIn(place)).toSorted()).toEqual(copies);
      other.kill('SIGKILL');
      await ended;
      expect(await backUpAs(place, 'second.backup')).toMatchObject({ removed: [copy] });
      expect(await copiesIn(place)).toEqual([]);
    } finally {
      other.kill('SIGKILL');
    }
  },
  30_000,
);

test('what is no database any more goes too, and what is young or another file stays', async () => {
  await using place = await placeWithActivity();
  const { dataPath } = place.location;
  await writeFile(join(place.root, 'precious'), 'x');
  const old = [copyName, `${copyName}-journal`, '.instance.db.1111111111111111.tmp-journal'];
  const others = ['.secrets.db.0123456789abcdef.tmp', '.notes.0123456789abcdef.tmp'];
  for (const name of [...old, ...others]) {
    await writeFile(join(dataPath, name), 'no database '.repeat(100));
    await age(join(dataPath, name));
  }
  const young = '.instance.db.2222222222222222.tmp';
  await writeFile(join(dataPath, young), '');
  const link = '.instance.db.3333333333333333.tmp';
  await symlink(join(place.root, 'precious'), join(dataPath, link));
  const { removed } = await backUpAs(place, 'x.backup');
  expect(removed.toSorted()).toEqual([copyName, '.instance.db.1111111111111111.tmp']);
  expect((await copiesIn(place)).toSorted()).toEqual([young, link, ...others].toSorted());
  expect(await readFile(join(place.root, 'precious'), 'utf8')).toBe('x');
});
