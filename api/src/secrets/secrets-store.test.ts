import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { StartupError } from '../errors.ts';
import { type SecretsLocation, SecretsStore } from './secrets-store.ts';

const registration = { issuer: 'https://cloud.test', client_id: 'i1', client_secret: 'canary-secret-4711' };

interface Place extends AsyncDisposable {
  readonly root: string;
  readonly location: SecretsLocation;
}

async function place(): Promise<Place> {
  const { path: root, [Symbol.asyncDispose]: dispose } = await temporaryDirectory();
  const dataPath = join(root, 'data');
  await mkdir(dataPath);
  return {
    root,
    location: {
      path: join(dataPath, 'secrets.db'),
      dataPath,
      keyFile: undefined,
      keyDirectory: join(root, 'keys'),
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** A place whose secrets hold a registration. */
async function filledPlace(): Promise<Place> {
  const filled = await place();
  using secrets = await SecretsStore.open(filled.location);
  await secrets.transaction((transaction) => {
    transaction.put('registration', registration);
    transaction.put('instance_claim', {
      issuer: registration.issuer,
      workspace: 'workspace-1',
      workspace_name: 'Ann',
      claimed_at: '2026-11-23T12:00:00.000Z',
    });
  });
  return filled;
}

/** Every file below `root` with its content and mode. */
async function snapshot(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    files[path] = `${mode.toString(8)} ${entry.isFile() ? (await readFile(path)).toString('base64') : ''}`;
  }
  return files;
}

async function expectRefused({ root, location }: Place, code: string, ...texts: string[]): Promise<void> {
  const before = await snapshot(root);
  const refusal = await SecretsStore.open(location).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StartupError);
  expect(refusal).toMatchObject({ code });
  for (const text of texts) expect((refusal as StartupError).message).toContain(text);
  expect(await snapshot(root)).toEqual(before);
}

async function keyFileOf({ location }: Place): Promise<string> {
  const [name] = await readdir(location.keyDirectory);
  return join(location.keyDirectory, name as string);
}

let sql: Awaited<ReturnType<typeof initSqlJs>>;
beforeAll(async () => {
  sql = await initSqlJs();
});

/** Changes secrets.db the way a thief with an SQLite shell would. */
async function tamper({ location }: Place, statements: string): Promise<void> {
  const database = new sql.Database(await readFile(location.path));
  database.run(statements);
  await writeFile(location.path, database.export());
  database.close();
}

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
  expect(content.subarray(0, 15).toString()).toBe('SQLite format 3');
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
  const database = new sql.Database(await readFile(filled.location.path));
  const sealed = database.exec('SELECT access_token FROM instance_token')[0]?.values[0]?.[0] as Uint8Array;
  database.close();
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
  ).rejects.toMatchObject({ code: 'ENOENT' });
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
    const location = { ...filled.location, keyFile: await keyFileOf(other) };
    await expectRefused(
      { ...filled, location },
      'key_unusable',
      location.path,
      location.keyFile,
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
    const location = { ...filled.location, keyFile: join(filled.location.dataPath, 'sub', 'key') };
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
    const location = { ...filled.location, keyFile: join(filled.root, 'link', 'key') };
    await expectRefused({ ...filled, location }, 'key_unusable', 'lies inside the data directory');
  });

  test('beside it is fine, also when the names begin alike', async () => {
    await using filled = await place();
    const location = { ...filled.location, keyFile: `${filled.location.dataPath}-key` };
    using secrets = await SecretsStore.open(location);
    expect(secrets.keyFile).toBe(location.keyFile);
  });
});

describe('a damaged secrets.db', () => {
  test('every flipped byte is noticed', async () => {
    await using filled = await filledPlace();
    const { path } = filled.location;
    const content = await readFile(path);
    for (let offset = 0; offset < content.length; offset += 331) {
      const changed = Buffer.from(content);
      changed[offset] = (changed[offset] as number) ^ 0x10;
      await writeFile(path, changed);
      await expect(SecretsStore.open(filled.location), `offset ${offset}`).rejects.toBeInstanceOf(
        StartupError,
      );
    }
  });

  test.each([
    ['cut in half', (content: Buffer) => content.subarray(0, content.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['no SQLite file', () => Buffer.from('not a database, but something else entirely')],
    ['longer than it was', (content: Buffer) => Buffer.concat([content, Buffer.alloc(4_096)])],
  ])('%s: names the file and the remedy, changes nothing', async (_what, change) => {
    await using filled = await filledPlace();
    await writeFile(filled.location.path, change(await readFile(filled.location.path)));
    await expectRefused(filled, 'secrets_damaged', filled.location.path, 'backup');
  });

  test.each([
    ['the owner removed, which must not reopen the claim', 'DELETE FROM instance_claim'],
    ['two columns swapped', 'UPDATE registration SET client_id = client_secret, client_secret = client_id'],
    [
      'a value moved to another table',
      'INSERT INTO instance_token SELECT id, client_secret, client_secret FROM registration',
    ],
    ['a column emptied', "UPDATE registration SET client_secret = x''"],
    [
      'a trigger added',
      'CREATE TRIGGER spy AFTER INSERT ON registration BEGIN DELETE FROM instance_claim; END',
    ],
  ])('%s', async (_what, statements) => {
    await using filled = await filledPlace();
    await tamper(filled, statements);
    await expectRefused(filled, 'secrets_damaged', filled.location.path, 'backup');
  });

  test('the id of another data directory', async () => {
    await using filled = await filledPlace();
    const keyFile = await keyFileOf(filled);
    await tamper(filled, "UPDATE meta SET value = '0b0e3c6a-1111-4222-8333-444455556666'");
    await expectRefused(
      { ...filled, location: { ...filled.location, keyFile } },
      'key_unusable',
      filled.location.path,
    );
  });

  test('of a newer format', async () => {
    await using filled = await filledPlace();
    await tamper(filled, 'PRAGMA user_version = 2');
    await expectRefused(filled, 'secrets_damaged', 'format 2');
  });
});
