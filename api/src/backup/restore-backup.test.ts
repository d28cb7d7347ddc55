import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backUp, fileIn, openRestored, passphrase, restoreTo } from '../../test/backup-place.ts';
import { putPipe } from '../../test/pipe.ts';
import {
  filledPlace,
  keyFileOf,
  type Place,
  place,
  registration,
  snapshot,
  withFlippedBit,
} from '../../test/secrets-place.ts';
import { systemError } from '../../test/system-error.ts';
import { type Step, watchedDisk } from '../../test/watched-disk.ts';
import { StartupError } from '../errors.ts';
import { createPassphraseSource, derivePassphraseKey } from '../secrets/passphrase.ts';
import { StreamKey } from '../secrets/sealed-stream.ts';
import { SecretsStore } from '../secrets/secrets-store.ts';
import { sealBackup } from './backup-format.ts';
import type { RestoreRequest } from './restore-backup.ts';
import { snapshotOf } from './snapshot.ts';

const isWindows = process.platform === 'win32';

let original: Place;

// Made once: a passphrase takes its time.
beforeAll(async () => {
  original = await filledPlace();
  await writeFile(join(original.location.dataPath, 'layout'), '1\n');
  await backUp(original);
});
afterAll(async () => original[Symbol.asyncDispose]());

/** A place with secrets, a layout and a backup of both. */
async function backedUpPlace(): Promise<Place> {
  const copy = await place();
  await cp(original.root, copy.root, { recursive: true });
  return copy;
}

async function expectRefused(
  from: Place,
  to: string,
  changes: Partial<RestoreRequest>,
  code: string,
  ...texts: string[]
): Promise<void> {
  const before = await snapshot(from.root);
  const refusal = await restoreTo(from, to, changes).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StartupError);
  expect(refusal).toMatchObject({ code });
  for (const text of texts) expect((refusal as StartupError).message).toContain(text);
  expect(await snapshot(from.root)).toEqual(before);
}

async function expectOpens(location: Place['location']): Promise<void> {
  using secrets = await SecretsStore.open({ ...location, mustExist: true });
  expect(secrets.read('registration')).toEqual(registration);
}

test.each(["https://x.test' --web-app 'http://evil.test", 'http://evil.test', 'x', 'https://x.test/'])(
  'row 53: a backup that names %j as the cloud is refused, so that nobody is told to use it',
  async (issuer) => {
    await using from = await filledPlace();
    {
      using secrets = await SecretsStore.open(from.location);
      await secrets.transaction((transaction) =>
        transaction.put('registration', { ...registration, issuer }),
      );
    }
    await backUp(from);
    await expectRefused(from, 'moved', {}, 'backup_unusable', 'is damaged');
  },
);

test.skipIf(process.platform === 'win32')('a pipe in the place of a backup is not waited for', async () => {
  await using somewhere = await place();
  const file = join(somewhere.root, 'pipe');
  await putPipe(file);
  await expect(restoreTo(somewhere, 'moved', { file })).rejects.toMatchObject({
    code: 'backup_unusable',
    message: expect.stringContaining('it is no regular file'),
  });
});

test('a backup of format 1, as it was once written, is restored', async () => {
  await using somewhere = await place();
  const file = fileURLToPath(new URL('fixtures/backup-format-1.backup', import.meta.url));
  const restored = await restoreTo(somewhere, 'moved', { file });
  expect(restored.manifest.createdAt).toEqual(new Date('2026-11-25T12:00:00.000Z'));
  using secrets = await openRestored(restored);
  expect(secrets.read('registration')).toEqual(registration);
});

describe('the key of what was restored', () => {
  test('is a new one beside the old one, and each opens its own', async () => {
    await using from = await backedUpPlace();
    const { keys } = from.location;
    const oldKey = await keyFileOf(from);
    const before = await readFile(oldKey, 'utf8');
    const restored = await restoreTo(from, 'moved', { keys });
    const newKey = restored.protection.keyLocation as string;
    expect(newKey).toBe(oldKey.replace('.key', '.2.key'));
    expect(await readFile(oldKey, 'utf8')).toBe(before);
    expect(await readFile(newKey, 'utf8')).not.toBe(before);

    const moved = { path: join(restored.dataPath, 'secrets.db'), dataPath: restored.dataPath, keys };
    await expectOpens(from.location);
    await expectOpens(moved);
    await rm(newKey);
    await expectOpens(from.location);
    await expect(expectOpens(moved)).rejects.toMatchObject({ code: 'key_unusable' });
  });

  test('is the first of its name on another machine', async () => {
    await using from = await backedUpPlace();
    const { protection, manifest } = await restoreTo(from, 'moved');
    expect(protection.keyLocation).toBe(join(from.root, 'moved-keys', `${manifest.dataDirectoryId}.key`));
  });

  test('is the one in the file that the user names, made unless it is there', async () => {
    await using from = await backedUpPlace();
    const file = join(from.root, 'named', 'key');
    const first = await restoreTo(from, 'first', { keys: { directory: '', file } });
    expect(first.protection).toMatchObject({ keySource: 'key-file', keyLocation: file });
    const key = await readFile(file, 'utf8');
    const second = await restoreTo(from, 'second', { keys: { directory: '', file } });
    expect(await readFile(file, 'utf8')).toBe(key);
    (await openRestored(first))[Symbol.dispose]();
    (await openRestored(second))[Symbol.dispose]();
  });

  test('comes from a passphrase of its own, or from a credential, when that is chosen', async () => {
    await using from = await backedUpPlace();
    const isNew: boolean[] = [];
    const keys = {
      directory: join(from.root, 'unused'),
      source: 'passphrase' as const,
      passphrase: async (asNew: boolean) => {
        isNew.push(asNew);
        return Buffer.from('another passphrase');
      },
    };
    const { dataPath, protection } = await restoreTo(from, 'moved', { keys });
    expect(protection).toMatchObject({ keySource: 'passphrase', keyLocation: undefined });
    expect(isNew).toEqual([true]);
    const path = join(dataPath, 'secrets.db');
    await expectOpens({ path, dataPath, keys });
    const withOldOne = { ...keys, passphrase };
    await expect(expectOpens({ path, dataPath, keys: withOldOne })).rejects.toMatchObject({
      code: 'key_unusable',
    });

    const credentialsDirectory = join(from.root, 'credentials');
    await mkdir(credentialsDirectory);
    await writeFile(join(credentialsDirectory, 'holdfast-key'), `${'A'.repeat(42)}E\n`, { mode: 0o400 });
    const service = { directory: '', source: 'systemd-credential' as const, credentialsDirectory };
    const served = await restoreTo(from, 'served', { keys: service });
    expect(served.protection.keySource).toBe('systemd-credential');
    await expectOpens({
      path: join(served.dataPath, 'secrets.db'),
      dataPath: served.dataPath,
      keys: service,
    });
    expect(existsSync(keys.directory)).toBe(false);
  });

  test('that cannot be had leaves nothing behind', async () => {
    await using from = await backedUpPlace();
    const service = { directory: '', source: 'systemd-credential' as const };
    await expectRefused(from, 'a/b/moved', { keys: service }, 'key_unusable', 'CREDENTIALS_DIRECTORY');
    const inside = { directory: '', file: join(from.root, 'moved', 'key') };
    await expectRefused(from, 'moved', { keys: inside }, 'key_unusable', 'inside the data directory');
    await writeFile(join(from.root, 'no-key'), 'x', { mode: 0o600 });
    const broken = { directory: '', file: join(from.root, 'no-key') };
    await expectRefused(from, 'moved', { keys: broken }, 'key_unusable', 'does not hold a key');
  });
});

describe('the place of a restore', () => {
  test('is made with everything above it', async () => {
    await using from = await backedUpPlace();
    const { dataPath } = await restoreTo(from, 'a/b/c', {
      keys: { directory: join(from.root, 'moved-keys') },
    });
    expect((await readdir(dataPath)).toSorted()).toEqual(['layout', 'secrets.db']);
    expect(await readdir(dirname(dataPath))).toEqual(['c']);
  });

  test('may be an empty directory, also through a link', async () => {
    await using from = await backedUpPlace();
    await mkdir(join(from.root, 'empty'));
    expect((await restoreTo(from, 'empty')).dataPath).toBe(join(from.root, 'empty'));
    if (isWindows) return;
    await mkdir(join(from.root, 'target'));
    await symlink(join(from.root, 'target'), join(from.root, 'link'));
    expect((await restoreTo(from, 'link')).dataPath).toBe(join(from.root, 'target'));
    expect((await readdir(join(from.root, 'target'))).toSorted()).toEqual(['layout', 'secrets.db']);
  });

  test('is never one that holds something', async () => {
    await using from = await backedUpPlace();
    await expectRefused(from, 'data', {}, 'data_path_unusable', 'already holds files', '--data-path');
    await mkdir(join(from.root, 'other'));
    await writeFile(join(from.root, 'other', 'thesis.txt'), 'x');
    await expectRefused(from, 'other', {}, 'data_path_unusable', 'already holds files');
    await expectRefused(from, 'x.backup', {}, 'data_path_unusable', 'is a file');
    await expectRefused(from, 'x.backup/below', {}, 'data_path_unusable', 'is a file');
  });

  test('that is filled meanwhile stays as it is', async () => {
    await using from = await backedUpPlace();
    await mkdir(join(from.root, 'moved'));
    const refused = restoreTo(from, 'moved', {
      passphrase: async () => {
        await writeFile(join(from.root, 'moved', 'thesis.txt'), 'x');
        return passphrase();
      },
    });
    await expect(refused).rejects.toMatchObject({ code: 'data_path_unusable' });
    expect(await readdir(join(from.root, 'moved'))).toEqual(['thesis.txt']);
    expect(await readdir(join(from.root, 'moved-keys'))).toEqual([]);
    expect((await readdir(from.root)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')('where nothing can be made is refused', async () => {
    await using from = await backedUpPlace();
    const nowhere = { dataPath: '/proc/holdfast/data' };
    await expectRefused(from, 'moved', nowhere, 'data_path_unusable', '/proc/holdfast', '--data-path');
  });

  test('shows what an interrupted restore has left', async () => {
    await using from = await backedUpPlace();
    const left = join(from.root, '.moved.0123456789abcdef.tmp');
    await mkdir(left);
    await mkdir(join(from.root, '.other.0123456789abcdef.tmp'));
    expect((await restoreTo(from, 'moved')).leftovers).toEqual([left]);
    expect(existsSync(left)).toBe(true);
  });
});

describe('a backup that cannot be restored is refused, and nothing is left behind:', () => {
  test('with the wrong passphrase', async () => {
    await using from = await backedUpPlace();
    const wrong = { passphrase: async () => Buffer.from('something else') };
    await expectRefused(from, 'a/moved', wrong, 'key_unusable', 'not the passphrase', fileIn(from));
  });

  test('damaged, before a passphrase is asked for and after', async () => {
    await using from = await backedUpPlace();
    const backup = await readFile(fileIn(from));
    const change = async (index: number) => writeFile(fileIn(from), withFlippedBit(backup, index));
    await change(40);
    const unasked = {
      passphrase: async () => {
        throw new Error('asked for a passphrase');
      },
    };
    await expectRefused(from, 'a/moved', unasked, 'backup_unusable', 'damaged or incomplete');
    await change(backup.length - 1);
    await expectRefused(from, 'a/moved', {}, 'backup_unusable', 'damaged or incomplete');
    await writeFile(fileIn(from), backup.subarray(0, -1));
    await expectRefused(from, 'a/moved', {}, 'backup_unusable', 'damaged or incomplete');
  });

  test('something else, a directory, nothing', async () => {
    await using from = await backedUpPlace();
    const file = (path: string) => ({ file: path });
    await expectRefused(from, 'moved', file(from.location.path), 'backup_unusable', 'not a Holdfast backup');
    await expectRefused(from, 'moved', file(from.root), 'backup_unusable', 'cannot be read');
    await expectRefused(from, 'moved', file(join(from.root, 'none')), 'backup_unusable', 'no such file');
  });

  test('stopped', async () => {
    await using from = await backedUpPlace();
    const before = await snapshot(from.root);
    const stop = new AbortController();
    const reason = new StartupError('interrupted', 'Stopped.');
    const refused = restoreTo(from, 'a/moved', {
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

describe('a backup that somebody with the passphrase made by hand is refused, and nothing is left behind:', () => {
  /** Puts a backup of `changes` into the place, with what else belongs into it. */
  async function forge(
    { root, location }: Place,
    changes: { layout?: string; secrets?: Uint8Array; dataDirectoryId?: string },
  ): Promise<void> {
    using secrets = await SecretsStore.open(location);
    const files = [
      snapshotOf('layout', Buffer.from(changes.layout ?? '1\n')),
      snapshotOf('secrets.db', changes.secrets ?? (await secrets.contentForPassphrase(await passphrase()))),
    ];
    const { dataDirectoryId = secrets.dataDirectoryId } = changes;
    const manifest = { holdfast: '9.9.9', createdAt: new Date(), dataDirectoryId, files };
    const source = createPassphraseSource();
    using key = await StreamKey.from(await derivePassphraseKey(source, await passphrase()));
    const pieces: Uint8Array[] = [];
    for await (const piece of sealBackup(manifest, files, source, key)) pieces.push(piece);
    await writeFile(join(root, 'x.backup'), Buffer.concat(pieces));
  }

  test('with secrets that another key protects', async () => {
    await using from = await backedUpPlace();
    await forge(from, { secrets: await readFile(from.location.path) });
    const keys = { directory: from.location.keys.directory };
    await expectRefused(from, 'moved', { keys }, 'backup_unusable', 'damaged');
  });

  test('with secrets that are none', async () => {
    await using from = await backedUpPlace();
    await forge(from, { secrets: Buffer.from('SQLite format 3') });
    await expectRefused(from, 'moved', {}, 'backup_unusable', 'damaged');
  });

  test('with the id of another data directory', async () => {
    await using from = await backedUpPlace();
    await forge(from, { dataDirectoryId: '0b0e3c6a-1111-4222-8333-444455556666' });
    await expectRefused(from, 'moved', {}, 'backup_unusable', 'damaged');
  });

  test('with a layout that is none, of another data directory, or newer', async () => {
    await using from = await backedUpPlace();
    await forge(from, { layout: '1 2' });
    await expectRefused(from, 'moved', {}, 'backup_unusable', 'damaged');
    await forge(from, { layout: '2\n0b0e3c6a-1111-4222-8333-444455556666\n' });
    await expectRefused(from, 'moved', {}, 'backup_unusable', 'damaged');
    await forge(from, { layout: '3\n' });
    await expectRefused(from, 'moved', {}, 'written_by_newer_version', 'newer version of Holdfast (9.9.9)');
  });
});

test('row 47: at each step of a restore the data directory is whole or not there', async () => {
  await using from = await backedUpPlace();
  const target = join(from.root, 'moved');
  const keys = { directory: join(from.root, 'moved-keys') };
  const location = { path: join(target, 'secrets.db'), dataPath: target, keys };
  const steps: { step: Step; isThere: boolean }[] = [];
  await restoreTo(from, 'moved', {
    keys,
    steps: watchedDisk((step) => steps.push({ step, isThere: existsSync(target) })),
  });
  // Everything is durable before the one step that puts it into place, and that is made durable after it.
  expect(steps.map(({ step }) => step).slice(-3)).toEqual(['sync directory', 'rename', 'sync directory']);
  expect(steps.slice(0, -1).every(({ isThere }) => !isThere)).toBe(true);
  expect(steps.filter(({ step }) => step === 'create')).toHaveLength(
    steps.filter(({ step }) => step === 'sync').length,
  );
  await expectOpens(location);
});

test('a disk that is full at any step of a restore leaves nothing behind', { timeout: 60_000 }, async () => {
  await using from = await backedUpPlace();
  const keys = { directory: join(from.root, 'keys') };
  const before = await snapshot(from.root);
  const takesSpace = new Set<Step>(['write', 'link', 'rename']);
  const failed: Step[] = [];
  for (;;) {
    let count = 0;
    const steps = watchedDisk((step) => {
      if (!takesSpace.has(step)) return;
      count += 1;
      if (count <= failed.length) return;
      failed.push(step);
      throw systemError('ENOSPC');
    });
    const outcome = await restoreTo(from, 'a/moved', { steps, keys }).catch((error: unknown) => error);
    if (!(outcome instanceof Error)) break;
    expect(outcome).toBeInstanceOf(StartupError);
    expect(outcome.message).toMatch(/the disk is full|ENOSPC/);
    expect(Object.keys(await snapshot(from.root)), `after step ${count}`).toEqual(Object.keys(before));
  }
  expect(new Set(failed)).toEqual(takesSpace);
});
