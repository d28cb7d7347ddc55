import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { backUp, fileIn, openRestored, passphrase, restoreTo, words } from '../../test/backup-place.ts';
import { putPipe } from '../../test/pipe.ts';
import {
  filledPlace,
  keyFileOf,
  type Place,
  place,
  registration,
  snapshot,
} from '../../test/secrets-place.ts';
import { systemError } from '../../test/system-error.ts';
import { diskSteps, type FileSteps } from '../data-directory/atomic-file.ts';
import { ownFiles } from '../data-directory/own-files.ts';
import { StartupError } from '../errors.ts';
import { SecretsStore } from '../secrets/secrets-store.ts';
import type { BackupRequest } from './create-backup.ts';

const isWindows = process.platform === 'win32';

async function expectRefused(
  from: Place,
  changes: Partial<BackupRequest>,
  code: string,
  ...texts: string[]
): Promise<void> {
  const before = await snapshot(from.root);
  const refusal = await backUp(from, changes).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StartupError);
  expect(refusal).toMatchObject({ code });
  for (const text of texts) expect((refusal as StartupError).message).toContain(text);
  expect(await snapshot(from.root)).toEqual(before);
}

test.skipIf(isWindows)('row 45: a pipe beside instance.db is not waited for', async () => {
  await using from = await filledPlace();
  const path = join(from.location.dataPath, 'instance.db');
  {
    using database = new DatabaseSync(path);
    database.exec('CREATE TABLE entries (x)');
  }
  await writeFile(join(from.location.dataPath, 'layout'), '1\n');
  await putPipe(`${path}-journal`);
  await expect(backUp(from)).rejects.toMatchObject({
    code: 'data_path_unusable',
    message: expect.stringContaining(`${path}-journal is not a regular file of yours`),
  });
});

describe('a backup', () => {
  test('has everything that the instance is, and changes nothing', async () => {
    await using from = await filledPlace();
    await writeFile(join(from.location.dataPath, 'layout'), '1\n');
    const before = await snapshot(from.root);
    const { manifest, leftOut } = await backUp(from);
    expect(manifest.files.map(({ name }) => name)).toEqual(['layout', 'secrets.db']);
    expect(leftOut).toEqual([]);
    const { [fileIn(from)]: file, ...rest } = await snapshot(from.root);
    expect(rest).toEqual(before);
    if (!isWindows) expect(file?.startsWith('100600 ')).toBe(true);

    const restored = await restoreTo(from, 'moved');
    expect(restored.cloud).toBe(registration.issuer);
    using secrets = await openRestored(restored);
    expect(secrets.read('registration')).toEqual(registration);
    expect(secrets.read('instance_claim')).toMatchObject({ workspace: 'workspace-1' });
    expect(secrets.dataDirectoryId).toBe(manifest.dataDirectoryId);
  });

  test.skipIf(isWindows)('is private under umask 000', async () => {
    await using from = await filledPlace();
    const umask = process.umask(0o000);
    try {
      await backUp(from);
      const { dataPath } = await restoreTo(from, 'moved');
      expect((await stat(fileIn(from))).mode & 0o777).toBe(0o600);
      expect((await stat(dataPath)).mode & 0o777).toBe(0o700);
      for (const name of await readdir(dataPath))
        expect((await stat(join(dataPath, name))).mode & 0o777, name).toBe(0o600);
    } finally {
      process.umask(umask);
    }
  });

  test('row 48: holds neither the wrapping key nor a readable secret, and opens without the key file', async () => {
    await using from = await filledPlace();
    const keyFile = await keyFileOf(from);
    const text = (await readFile(keyFile, 'utf8')).trim();
    const key = Buffer.from(text, 'base64url');
    await backUp(from);
    await rename(from.location.keys.directory, join(from.root, 'away'));
    const restored = await restoreTo(from, 'moved', {
      keys: { directory: '', source: 'passphrase', passphrase },
    });
    const files = [await readFile(fileIn(from))];
    for (const name of await readdir(restored.dataPath))
      files.push(await readFile(join(restored.dataPath, name)));
    for (const content of files) {
      for (const trace of [
        key,
        text,
        key.toString('hex'),
        key.toString('base64'),
        registration.client_secret,
        words,
      ])
        expect(content.includes(trace)).toBe(false);
    }
  });

  test('made while secrets are being saved has one state of them', async () => {
    await using from = await filledPlace();
    using secrets = await SecretsStore.open(from.location);
    let count = 0;
    const save = async () =>
      secrets.transaction((transaction) => {
        const text = String(++count);
        transaction.put('instance_name', { name: text });
        transaction.put('instance_token', { access_token: text, expires_at: text });
      });
    await save();
    const isOver = new AbortController();
    const writing = (async () => {
      while (!isOver.signal.aborted) await save();
    })();
    try {
      for (let round = 0; round < 3; round += 1) {
        const file = join(from.root, `${round}.backup`);
        const begun = count;
        await backUp(from, { file });
        expect(count).toBeGreaterThan(begun);
        using restored = await openRestored(await restoreTo(from, `moved-${round}`, { file }));
        const text = restored.read('instance_name')?.name ?? '';
        expect(restored.read('instance_token')).toEqual({ access_token: text, expires_at: text });
        expect(Number(text)).toBeGreaterThanOrEqual(begun - 1);
      }
    } finally {
      isOver.abort();
      await writing;
    }
  });

  test('includes databases that the table of files names', async () => {
    await using from = await filledPlace();
    await writeFile(join(from.location.dataPath, 'layout'), '1\n');
    const table = new Map([...ownFiles, ['instance.db', 'sqlite'] as const]);
    using database = new DatabaseSync(join(from.location.dataPath, 'instance.db'));
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE entries (n); INSERT INTO entries VALUES (7)');
    const { manifest, leftOut } = await backUp(from, { table });
    expect(manifest.files.map(({ name }) => name)).toEqual(['layout', 'secrets.db', 'instance.db']);
    expect(leftOut).toEqual([]);
    const { dataPath } = await restoreTo(from, 'moved', { table });
    using moved = new DatabaseSync(join(dataPath, 'instance.db'));
    expect(moved.prepare('SELECT n FROM entries').all()).toMatchObject([{ n: 7 }]);
  });

  test('names what it leaves out', async () => {
    await using from = await filledPlace();
    for (const name of [
      'lock',
      'lock.pid',
      'claim-code',
      '.secrets.db.0123456789abcdef.tmp',
      '.DS_Store',
      'notes',
    ])
      await writeFile(join(from.location.dataPath, name), '');
    await mkdir(join(from.location.dataPath, 'pictures'));
    const { manifest, leftOut } = await backUp(from);
    expect(manifest.files.map(({ name }) => name)).toEqual(['secrets.db']);
    expect(leftOut.toSorted()).toEqual(['notes', 'pictures']);
  });
});

describe('a backup is refused, and nothing is written,', () => {
  test('where there is something already', async () => {
    await using from = await filledPlace();
    await writeFile(fileIn(from), 'precious');
    await expectRefused(from, {}, 'backup_unusable', fileIn(from), 'exists already', 'another name');
  });

  test('where something appears meanwhile', async () => {
    await using from = await filledPlace();
    const refused = backUp(from, {
      passphrase: async () => {
        await writeFile(fileIn(from), 'precious');
        return passphrase();
      },
    });
    await expect(refused).rejects.toMatchObject({ code: 'backup_unusable' });
    expect(await readFile(fileIn(from), 'utf8')).toBe('precious');
    expect((await readdir(from.root)).toSorted()).toEqual(['data', 'keys', 'x.backup']);
  });

  test.skipIf(isWindows)('over a link', async () => {
    await using from = await filledPlace();
    await writeFile(join(from.root, 'elsewhere'), 'precious');
    await symlink(join(from.root, 'elsewhere'), fileIn(from));
    await expectRefused(from, {}, 'backup_unusable', 'exists already');
  });

  test('inside the data directory, also through a link', async () => {
    await using from = await filledPlace();
    const { dataPath } = from.location;
    await expectRefused(
      from,
      { file: join(dataPath, 'x') },
      'backup_unusable',
      'lies inside the data directory',
    );
    if (isWindows) return;
    await symlink(dataPath, join(from.root, 'link'));
    await expectRefused(from, { file: join(from.root, 'link', 'x') }, 'backup_unusable', 'lies inside');
  });

  test('where there is no directory', async () => {
    await using from = await filledPlace();
    await expectRefused(from, { file: join(from.root, 'none', 'x') }, 'backup_unusable', 'no such directory');
    await writeFile(fileIn(from), '');
    await expectRefused(from, { file: join(fileIn(from), 'x') }, 'backup_unusable', 'not a directory');
  });

  test.skipIf(isWindows)('where this user may not write', async () => {
    await using from = await filledPlace();
    // Nothing is forbidden to root, so the disk says no in its place.
    const forbids: FileSteps = {
      ...diskSteps,
      createExclusively: () => {
        throw systemError('EACCES');
      },
    };
    await expectRefused(from, { steps: forbids }, 'backup_unusable', 'permission denied', 'another place');
  });

  test('on a full disk', async () => {
    await using from = await filledPlace();
    const full: FileSteps = {
      ...diskSteps,
      createExclusively: (path) => ({
        ...diskSteps.createExclusively(path),
        write: () => {
          throw systemError('ENOSPC');
        },
      }),
    };
    await expectRefused(from, { steps: full }, 'backup_unusable', fileIn(from), 'the disk is full');
  });

  test('where no instance has run', async () => {
    await using nothing = await place();
    await expectRefused(nothing, {}, 'secrets_missing', '--data-path');
  });

  test('of a data directory that a newer version wrote, which may hold more', async () => {
    await using from = await filledPlace();
    await writeFile(join(from.location.dataPath, 'layout'), '3\n');
    await expectRefused(from, {}, 'written_by_newer_version', 'layout 3');
  });

  test('with the wrong key for the secrets', async () => {
    await using from = await filledPlace();
    await using other = await filledPlace();
    const keys = { directory: '', file: await keyFileOf(other) };
    await expectRefused(from, { keys }, 'key_unusable', '--key-file');
  });

  test.skipIf(isWindows)('row 45: through a link in the data directory', async () => {
    await using from = await filledPlace();
    await writeFile(join(from.root, 'layout'), '1\n');
    await symlink(join(from.root, 'layout'), join(from.location.dataPath, 'layout'));
    await expectRefused(from, {}, 'data_path_unusable', 'symbolic link');
    const table = new Map([...ownFiles, ['instance.db', 'sqlite'] as const]);
    await using second = await filledPlace();
    await symlink(join(from.root, 'layout'), join(second.location.dataPath, 'instance.db'));
    await expectRefused(second, { table }, 'data_path_unusable', 'symbolic link');
  });

  test('of a database that SQLite cannot read', async () => {
    await using from = await filledPlace();
    await writeFile(join(from.location.dataPath, 'layout'), '1\n');
    const table = new Map([...ownFiles, ['instance.db', 'sqlite'] as const]);
    await writeFile(join(from.location.dataPath, 'instance.db'), 'no database '.repeat(100));
    await expectRefused(from, { table }, 'backup_unusable', 'instance.db cannot be copied', 'it is damaged');
  });

  test('when it is stopped', async () => {
    await using from = await filledPlace();
    const before = await snapshot(from.root);
    const stop = new AbortController();
    const reason = new StartupError('interrupted', 'Stopped.');
    const refused = backUp(from, {
      signal: stop.signal,
      passphrase: async () => {
        stop.abort(reason);
        return passphrase();
      },
    });
    await expect(refused).rejects.toBe(reason);
    expect(await snapshot(from.root)).toEqual(before);
  });
});

test.skipIf(isWindows)(
  'a file that others may read does not become more open by being backed up',
  async () => {
    await using from = await filledPlace();
    await chmod(from.location.path, 0o644);
    await backUp(from);
    const { dataPath } = await restoreTo(from, 'moved');
    expect((await stat(join(dataPath, 'secrets.db'))).mode & 0o777).toBe(0o600);
  },
);
