import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  expectRefused,
  filledPlace,
  keyFileOf,
  type Place,
  place,
  registration,
  valuesOf,
} from '../../test/secrets-place.ts';
import type { KeyAccess } from './key-source.ts';
import { createPassphraseSource, derivePassphraseKey } from './passphrase.ts';
import { SecretsStore } from './secrets-store.ts';

const text = 'correct horse battery staple';
const passphrase = (words = text) => ({ passphrase: async () => Buffer.from(words) });

function withKeys(where: Place, keys: Partial<KeyAccess>): Place {
  return {
    ...where,
    location: { ...where.location, keys: { directory: join(where.root, 'keys'), ...keys } },
  };
}

/** A place whose secrets, with a registration, are under `to`. */
async function rewrapped(
  to: 'passphrase' | 'systemd-credential' | 'key-file',
  keys: Partial<KeyAccess>,
): Promise<Place> {
  const filled = await filledPlace();
  using secrets = await SecretsStore.open(filled.location);
  await secrets.rewrap(to, { directory: join(filled.root, 'keys'), ...keys });
  return withKeys(filled, keys);
}

async function credentials(root: string, content = `${'A'.repeat(42)}E\n`): Promise<string> {
  const directory = join(root, 'credentials');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'holdfast-key'), content, { mode: 0o400 });
  return directory;
}

describe('a passphrase', () => {
  test('protects a new instance when it is asked for, and opens it again', async () => {
    await using fresh = withKeys(await place(), { source: 'passphrase', ...passphrase() });
    {
      using secrets = await SecretsStore.open(fresh.location);
      await secrets.transaction((transaction) => transaction.put('registration', registration));
      expect(secrets.protection).toMatchObject({ keySource: 'passphrase', keyLocation: undefined });
    }
    await expect(readdir(join(fresh.root, 'keys'))).rejects.toThrow('ENOENT');
    using again = await SecretsStore.open(withKeys(fresh, passphrase()).location);
    expect(again.read('registration')).toEqual(registration);
  });

  test('that is wrong is called wrong, and changes nothing', async () => {
    await using protectedPlace = await rewrapped('passphrase', passphrase());
    await expectRefused(
      withKeys(protectedPlace, passphrase('something else')),
      'key_unusable',
      'not the passphrase',
    );
  });

  test('that nobody can be asked for says how to hand it over', async () => {
    await using protectedPlace = await rewrapped('passphrase', passphrase());
    await expectRefused(withKeys(protectedPlace, {}), 'key_unusable', '--passphrase-file');
  });

  test('that is empty is refused', async () => {
    await using protectedPlace = await rewrapped('passphrase', passphrase());
    await expectRefused(withKeys(protectedPlace, passphrase('')), 'key_unusable', 'empty');
  });

  test('is zeroed once used; its key takes 64 MiB and three passes of Argon2id', async () => {
    const source = createPassphraseSource();
    expect(source).toMatchObject({ memoryKib: 65_536, passes: 3, parallelism: 1 });
    const bytes = Buffer.from(text);
    const key = await derivePassphraseKey({ ...source, salt: Buffer.alloc(16, 1) }, bytes);
    expect(bytes.equals(Buffer.alloc(bytes.length))).toBe(true);
    // As the reference implementation derives it; another key would lock people out.
    expect(Buffer.from(key).toString('hex')).toBe(
      '2059d35e11f775944efac46541cfcd82013946a4ce55030871f5891aacf73b07',
    );
  });
});

describe('a systemd credential', () => {
  test('opens what it protects, also when a group may read it', async () => {
    await using filled = await filledPlace();
    const credentialsDirectory = await credentials(filled.root);
    {
      using secrets = await SecretsStore.open(filled.location);
      await secrets.rewrap('systemd-credential', { directory: '', credentialsDirectory });
    }
    await chmod(join(credentialsDirectory, 'holdfast-key'), 0o440);
    using again = await SecretsStore.open(withKeys(filled, { credentialsDirectory }).location);
    expect(again.read('registration')).toEqual(registration);
    expect(again.protection).toMatchObject({
      keySource: 'systemd-credential',
      keyLocation: join(credentialsDirectory, 'holdfast-key'),
    });
  });

  test('is missed with what to give the unit', async () => {
    await using filled = await filledPlace();
    const credentialsDirectory = await credentials(filled.root);
    await using protectedPlace = await rewrapped('systemd-credential', { credentialsDirectory });
    await expectRefused(
      withKeys(protectedPlace, {}),
      'key_unusable',
      '$CREDENTIALS_DIRECTORY',
      'LoadCredential',
    );
    await rm(join(credentialsDirectory, 'holdfast-key'));
    await expectRefused(
      withKeys(protectedPlace, { credentialsDirectory }),
      'key_unusable',
      'is missing',
      'LoadCredential',
    );
  });

  test('of another directory is named', async () => {
    await using filled = await filledPlace();
    const credentialsDirectory = await credentials(filled.root);
    await using protectedPlace = await rewrapped('systemd-credential', { credentialsDirectory });
    const other = await credentials(protectedPlace.root, `${'B'.repeat(42)}E\n`);
    await expectRefused(
      withKeys(protectedPlace, { credentialsDirectory: other }),
      'key_unusable',
      join(other, 'holdfast-key'),
    );
  });

  test('that others may read is refused', async () => {
    await using filled = await filledPlace();
    const credentialsDirectory = await credentials(filled.root);
    await using protectedPlace = await rewrapped('systemd-credential', { credentialsDirectory });
    await chmod(join(credentialsDirectory, 'holdfast-key'), 0o444);
    await expectRefused(
      withKeys(protectedPlace, { credentialsDirectory }),
      'key_unusable',
      'read by other users',
    );
  });
});

describe('there is no fall-back', () => {
  test('from a passphrase to the key file that once opened it', async () => {
    await using protectedPlace = await rewrapped('passphrase', passphrase());
    await keyFileOf(protectedPlace);
    await expectRefused(
      withKeys(protectedPlace, { source: 'key-file', ...passphrase() }),
      'key_source_differs',
      '--key-source passphrase',
      'holdfast secrets rewrap --to key-file',
    );
  });

  test('from a key file that is gone to a passphrase or a credential at hand', async () => {
    await using filled = await filledPlace();
    const keyFile = await keyFileOf(filled);
    await rename(keyFile, `${keyFile}.away`);
    const credentialsDirectory = await credentials(filled.root);
    await expectRefused(withKeys(filled, { credentialsDirectory, ...passphrase() }), 'key_unusable', keyFile);
  });
});

describe('changing the key source', () => {
  test('rewrites the wraps only: every sealed value stays as it is', async () => {
    await using filled = await filledPlace();
    const before = await readFile(filled.location.path);
    using secrets = await SecretsStore.open(filled.location);
    const { keyId } = secrets.protection;
    await secrets.rewrap('passphrase', { directory: '', ...passphrase() });
    expect(secrets.protection).toMatchObject({ keySource: 'passphrase', keyId });
    const after = await readFile(filled.location.path);
    expect(after.equals(before)).toBe(false);
    expect(await valuesOf(after)).toEqual(await valuesOf(before));
    await secrets.transaction((transaction) => transaction.put('instance_name', { name: 'Lab' }));
    using again = await SecretsStore.open(withKeys(filled, passphrase()).location);
    expect(again.read('instance_name')).toEqual({ name: 'Lab' });
  });

  test('from a key file to the next one leaves the old one, which opens it no more', async () => {
    await using filled = await filledPlace();
    const old = await keyFileOf(filled);
    {
      using secrets = await SecretsStore.open(filled.location);
      await secrets.rewrap('key-file', filled.location.keys);
      expect(secrets.protection.keyLocation).toBe(old.replace('.key', '.2.key'));
    }
    {
      using again = await SecretsStore.open(filled.location);
      expect(again.read('registration')).toEqual(registration);
    }
    await expectRefused(withKeys(filled, { file: old }), 'key_unusable', old);
  });

  test('to the next key file uses no name again, also where the old file was deleted', async () => {
    await using filled = await filledPlace();
    const first = await keyFileOf(filled);
    using secrets = await SecretsStore.open(filled.location);
    await secrets.rewrap('key-file', filled.location.keys);
    await rm(first);
    await secrets.rewrap('key-file', filled.location.keys);
    expect(secrets.protection.keyLocation).toBe(first.replace('.key', '.3.key'));
  });

  test('to a key file takes none that is there already, and says where the new one is', async () => {
    await using filled = await filledPlace();
    const first = await keyFileOf(filled);
    const taken = first.replace('.key', '.2.key');
    await writeFile(taken, 'the key of a copy', { mode: 0o600 });
    using secrets = await SecretsStore.open(filled.location);
    await secrets.rewrap('passphrase', { directory: '', ...passphrase() });
    await secrets.rewrap('key-file', filled.location.keys);
    expect(secrets.protection.keyLocation).toBe(first.replace('.key', '.3.key'));
    expect(await readFile(taken, 'utf8')).toBe('the key of a copy');
    const file = join(filled.root, 'elsewhere.key');
    await secrets.rewrap('key-file', { directory: '', file });
    expect(secrets.protection.keyLocation).toBe(file);
    await secrets.rotate();
  });

  test('to the key that it has already is refused, by whatever name', async () => {
    await using filled = await filledPlace();
    const file = await keyFileOf(filled);
    const copy = join(filled.root, 'copy.key');
    await copyFile(file, copy);
    const before = await readFile(filled.location.path);
    using secrets = await SecretsStore.open(filled.location);
    for (const name of [file, copy]) {
      await expect(secrets.rewrap('key-file', { directory: '', file: name })).rejects.toMatchObject({
        code: 'key_unusable',
        message: expect.stringContaining(`The key in ${name} protects the secrets already`),
      });
    }
    expect(await readFile(filled.location.path)).toEqual(before);
  });

  test('to a key that cannot be had changes nothing', async () => {
    await using filled = await filledPlace();
    const before = await readFile(filled.location.path);
    using secrets = await SecretsStore.open(filled.location);
    await expect(secrets.rewrap('systemd-credential', { directory: '' })).rejects.toMatchObject({
      code: 'key_unusable',
    });
    await expect(
      secrets.rewrap('key-file', { directory: '', file: join(filled.location.dataPath, 'key') }),
    ).rejects.toThrow('inside the data directory');
    expect(await readFile(filled.location.path)).toEqual(before);
    expect(secrets.protection.keySource).toBe('key-file');
  });
});

test('rotation seals every value anew, under the next key id and the same wrapping key', async () => {
  await using filled = await filledPlace();
  const before = await valuesOf(await readFile(filled.location.path));
  {
    using secrets = await SecretsStore.open(filled.location);
    await secrets.rotate();
    expect(secrets.protection.keyId).toBe(2);
    await secrets.transaction((transaction) => transaction.put('instance_name', { name: 'Lab' }));
  }
  const content = await readFile(filled.location.path);
  const after = await valuesOf(content);
  for (const [name, value] of Object.entries(before)) {
    expect(after[name]).not.toBe(value);
    expect(content.includes(Buffer.from(value, 'hex'))).toBe(false);
  }
  using again = await SecretsStore.open(filled.location);
  expect(again.read('registration')).toEqual(registration);
  expect(again.read('instance_name')).toEqual({ name: 'Lab' });
});

test.skipIf(process.platform === 'win32')('secrets.db itself is not read through a link', async () => {
  await using filled = await filledPlace();
  await rename(filled.location.path, join(filled.root, 'elsewhere'));
  await symlink(join(filled.root, 'elsewhere'), filled.location.path);
  await expectRefused(filled, 'secrets_damaged', filled.location.path, 'symbolic link');
});
