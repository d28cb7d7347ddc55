import { chmod, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { SimulatedDisk } from '../../test/crash/simulated-disk.ts';
import {
  expectRefused,
  filledPlace,
  keyFileOf,
  place,
  registration,
  valuesOf,
} from '../../test/secrets-place.ts';
import { SecretsStore } from './secrets-store.ts';

test('what was saved is there after a restart, and removed rows are not', async () => {
  await using filled = await filledPlace();
  {
    using secrets = await SecretsStore.open(filled.location);
    expect(secrets.read('registration')).toEqual(registration);
    await secrets.transaction((transaction) => transaction.remove('instance_claim'));
  }
  using secrets = await SecretsStore.open(filled.location);
  expect(secrets.read('registration')).toEqual(registration);
  expect(secrets.read('instance_claim')).toBeUndefined();
});

test('secrets.db is a genuine SQLite file without a readable value', async () => {
  await using filled = await filledPlace();
  const content = await readFile(filled.location.path);
  using database = new DatabaseSync(filled.location.path, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(database.prepare('SELECT count(*) AS count FROM sealed_values').get()).toEqual({ count: 7 });
  for (const value of Object.values(registration)) expect(content.includes(value)).toBe(false);
});

test('values that were replaced do not stay in free space', async () => {
  await using filled = await place();
  using secrets = await SecretsStore.open(filled.location);
  const put = async (access_token: string) =>
    secrets.transaction((transaction) =>
      transaction.put('instance_token', { access_token, expires_at: '1' }),
    );
  await put('first');
  const values = await valuesOf(await readFile(filled.location.path));
  const sealed = Buffer.from(values['instance_token.access_token'] ?? '', 'hex');
  expect(sealed.length).toBeGreaterThan(40);
  expect((await readFile(filled.location.path)).includes(sealed)).toBe(true);
  await put('second');
  expect((await readFile(filled.location.path)).includes(sealed)).toBe(false);
});

test('a save that fails changes neither file nor memory, and the next one works', async () => {
  await using filled = await filledPlace();
  using secrets = await SecretsStore.open(filled.location);
  const before = await readFile(filled.location.path);
  const away = `${filled.location.dataPath}-away`;
  await rename(filled.location.dataPath, away);
  await expect(
    secrets.transaction((transaction) => transaction.put('instance_name', { name: 'Lab' })),
  ).rejects.toMatchObject({ code: 'secrets_changed' });
  await rename(away, filled.location.dataPath);
  expect(secrets.read('instance_name')).toBeUndefined();
  expect(await readFile(filled.location.path)).toEqual(before);
  await secrets.transaction((transaction) => transaction.put('instance_name', { name: 'Lab' }));
  expect(secrets.read('instance_name')).toEqual({ name: 'Lab' });
});

test('a transaction that throws in the middle changes nothing', async () => {
  await using filled = await filledPlace();
  using secrets = await SecretsStore.open(filled.location);
  const failed = secrets.transaction((transaction) => {
    transaction.remove('instance_claim');
    throw new TypeError('in the middle');
  });
  await expect(failed).rejects.toThrow('in the middle');
  expect(secrets.read('instance_claim')).toBeDefined();
});

test('a key file that is there already, such as a mounted one, is used and nothing is created beside it', async () => {
  await using fresh = await place();
  const keyFile = join(fresh.root, 'mounted', 'key');
  await mkdir(join(fresh.root, 'mounted'));
  await writeFile(keyFile, `${Buffer.alloc(32, 7).toString('base64url')}\n`, { mode: 0o600 });
  const disk = new SimulatedDisk(fresh.root);
  const location = { ...fresh.location, keys: { directory: '', file: keyFile }, steps: disk };
  using secrets = await SecretsStore.open(location);
  expect(secrets.protection.keyLocation).toBe(keyFile);
  expect(disk.steps.filter((step) => step.includes('mounted'))).toEqual(['sync directory mounted']);
});

describe('a missing or wrong key', () => {
  test('missing: names the key file and the way out, changes nothing, makes no new key', async () => {
    await using filled = await filledPlace();
    const keyFile = await keyFileOf(filled);
    await rename(keyFile, `${keyFile}.away`);
    await expectRefused(filled, 'key_unusable', keyFile, 'is missing', '--key-file');
  });

  test('of another data directory', async () => {
    await using filled = await filledPlace();
    await using other = await filledPlace();
    const location = { ...filled.location, keys: { ...filled.location.keys, file: await keyFileOf(other) } };
    await expectRefused(
      { ...filled, location },
      'key_unusable',
      location.path,
      location.keys.file,
      '--key-file',
    );
  });

  test.each([
    ['empty', ''],
    ['too short', 'AAAA'],
    ['no base64url', `${'+'.repeat(43)}\n`],
    ['with left-over bits', `${'A'.repeat(42)}B\n`],
    ['two lines', `${'A'.repeat(43)}\nx`],
  ])('a key file that is %s', async (_what, content) => {
    await using filled = await filledPlace();
    await writeFile(await keyFileOf(filled), content);
    await expectRefused(filled, 'key_unusable', 'does not hold a key', '--key-file');
  });

  test.skipIf(process.platform === 'win32')('a key file that others may read', async () => {
    await using filled = await filledPlace();
    const keyFile = await keyFileOf(filled);
    await chmod(keyFile, 0o640);
    await expectRefused(filled, 'key_unusable', `chmod 600 ${keyFile}`);
  });

  test.skipIf(process.platform === 'win32')('a key file that is a link', async () => {
    await using filled = await filledPlace();
    const keyFile = await keyFileOf(filled);
    await rename(keyFile, `${keyFile}.away`);
    await symlink(`${keyFile}.away`, keyFile);
    await expectRefused(filled, 'key_unusable', 'symbolic link');
  });
});

describe('a key file inside the data directory is refused', () => {
  test('by its path', async () => {
    await using filled = await place();
    const location = {
      ...filled.location,
      keys: { directory: '', file: join(filled.location.dataPath, 'sub', 'key') },
    };
    await expectRefused(
      { ...filled, location },
      'key_unusable',
      'lies inside the data directory',
      '--key-file',
    );
  });

  test.skipIf(process.platform === 'win32')('through a link', async () => {
    await using filled = await place();
    await symlink(filled.location.dataPath, join(filled.root, 'link'));
    const location = { ...filled.location, keys: { directory: '', file: join(filled.root, 'link', 'key') } };
    await expectRefused({ ...filled, location }, 'key_unusable', 'lies inside the data directory');
  });

  test('beside it is fine, also when the names begin alike', async () => {
    await using filled = await place();
    const location = { ...filled.location, keys: { directory: '', file: `${filled.location.dataPath}-key` } };
    using secrets = await SecretsStore.open(location);
    expect(secrets.protection.keyLocation).toBe(location.keys.file);
  });
});

test('a save does not undo what another process wrote, whoever lost the lock', async () => {
  await using filled = await filledPlace();
  using secrets = await SecretsStore.open(filled.location);
  const put = async (store: SecretsStore, name: string) =>
    store.transaction((transaction) => transaction.put('instance_name', { name }));
  {
    using other = await SecretsStore.open(filled.location);
    await put(other, 'Lab');
  }
  const saved = await readFile(filled.location.path);
  await expect(put(secrets, 'Attic')).rejects.toMatchObject({
    code: 'secrets_changed',
    message: expect.stringContaining(filled.location.path),
  });
  await expect(secrets.rotate()).rejects.toMatchObject({ code: 'secrets_changed' });
  expect(await readFile(filled.location.path)).toEqual(saved);
});

test('a save asks whether the data directory is still held', async () => {
  await using filled = await filledPlace();
  const refusal = new Error('not held');
  const assertHeld = () => {
    throw refusal;
  };
  using secrets = await SecretsStore.open({ ...filled.location, assertHeld });
  const before = await readFile(filled.location.path);
  await expect(secrets.transaction((transaction) => transaction.remove('registration'))).rejects.toBe(
    refusal,
  );
  expect(await readFile(filled.location.path)).toEqual(before);
  expect(secrets.read('registration')).toEqual(registration);
});

test.skipIf(process.platform === 'win32')('no key is put where others could replace it', async () => {
  await using fresh = await place();
  const directory = join(fresh.root, 'shared');
  await mkdir(directory);
  await chmod(directory, 0o777);
  const location = { ...fresh.location, keys: { directory } };
  await expectRefused({ ...fresh, location }, 'key_unusable', directory, 'written by other users', 'chmod');
  await chmod(directory, 0o1777);
  using secrets = await SecretsStore.open(location);
  expect(secrets.protection.keyLocation).toContain(directory);
});

test('a save that comes after the end changes nothing', async () => {
  await using filled = await filledPlace();
  const before = await readFile(filled.location.path);
  const secrets = await SecretsStore.open(filled.location);
  const late = secrets.transaction((transaction) => transaction.put('instance_name', { name: 'Lab' }));
  secrets[Symbol.dispose]();
  await expect(late).rejects.toThrow('disposed of');
  expect(await readFile(filled.location.path)).toEqual(before);
});
