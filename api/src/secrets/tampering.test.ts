import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { expectRefused, filledPlace, keyFileOf, type Place, tamper } from '../../test/secrets-place.ts';
import { StartupError } from '../errors.ts';
import { parseKey } from './key-file.ts';
import { WrappingKey } from './sealing.ts';
import { editSecretsFile, readHeader } from './secrets-file.ts';
import { records } from './secrets-schema.ts';
import { SecretsStore } from './secrets-store.ts';

async function dataDirectoryIdOf({ location }: Place): Promise<string> {
  return (await readHeader(location.path, await readFile(location.path))).dataDirectoryId;
}

describe('a damaged secrets.db', () => {
  test('row 46: every byte flipped in turn is noticed, and nothing is changed', async () => {
    await using filled = await filledPlace();
    const { path } = filled.location;
    const content = await readFile(path);
    const accepted: number[] = [];
    for (let offset = 0; offset < content.length; offset += 1) {
      const changed = Buffer.from(content);
      changed[offset] = (changed[offset] as number) ^ (1 << (offset % 8));
      await writeFile(path, changed);
      const result = await SecretsStore.open(filled.location).catch((error: unknown) => error);
      const isRefused = result instanceof StartupError && (await readFile(path)).equals(changed);
      if (!isRefused) accepted.push(offset);
    }
    expect(accepted).toEqual([]);
  }, 120_000);

  test('row 46: every pair of values swapped is noticed', async () => {
    await using filled = await filledPlace();
    const { path } = filled.location;
    const content = await readFile(path);
    const values = Object.entries(records)
      .filter(([name]) => ['registration', 'instance_claim'].includes(name))
      .flatMap(([name, fields]) => fields.map((field) => `record = '${name}' AND field = '${field}'`));
    expect(values.length).toBeGreaterThan(5);
    for (const [index, one] of values.entries()) {
      for (const other of values.slice(index + 1)) {
        await writeFile(path, content);
        await tamper(
          filled,
          `CREATE TEMP TABLE swap AS
             SELECT (SELECT value FROM sealed_values WHERE ${one}) AS one, (SELECT value FROM sealed_values WHERE ${other}) AS other;
           UPDATE sealed_values SET value = (SELECT other FROM swap) WHERE ${one};
           UPDATE sealed_values SET value = (SELECT one FROM swap) WHERE ${other};`,
        );
        await expectRefused(filled, 'secrets_damaged', path);
      }
    }
  });

  test('row 46: swapped values do not open even under a valid tag', async () => {
    await using filled = await filledPlace();
    using key = await WrappingKey.from(
      parseKey(await readFile(await keyFileOf(filled)), 'key'),
      await dataDirectoryIdOf(filled),
    );
    const content = await readFile(filled.location.path);
    using keyring = key.unwrap((await readHeader(filled.location.path, content)).wrappedKey);
    await tamper(
      filled,
      `UPDATE sealed_values SET value = (SELECT value FROM sealed_values WHERE field = 'client_secret') WHERE field = 'client_id'`,
    );
    const tagged = await editSecretsFile(await readFile(filled.location.path), keyring, () => undefined);
    await writeFile(filled.location.path, tagged);
    await expectRefused(filled, 'secrets_damaged', filled.location.path);
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
    [
      'row 46: the owner removed, which must not reopen the claim',
      "DELETE FROM sealed_values WHERE record = 'instance_claim'",
    ],
    ['a value emptied', "UPDATE sealed_values SET value = x'' WHERE field = 'client_secret'"],
    [
      'a value more',
      "INSERT INTO sealed_values SELECT 'instance_name', 'name', value FROM sealed_values LIMIT 1",
    ],
    ['a trigger added', 'CREATE TRIGGER spy AFTER INSERT ON sealed_values BEGIN DELETE FROM meta; END'],
    [
      'a view in the place of a table, endless to read',
      `DROP TABLE wrapped_key; CREATE VIEW wrapped_key AS
         WITH RECURSIVE endless(key_id) AS (SELECT 1 UNION ALL SELECT key_id + 1 FROM endless)
         SELECT key_id, NULL AS wrapped, NULL AS commitment FROM endless WHERE key_id < 0`,
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
      { ...filled, location: { ...filled.location, keys: { directory: '', file: keyFile } } },
      'key_unusable',
      filled.location.path,
    );
  });

  test('of a newer format', async () => {
    await using filled = await filledPlace();
    await tamper(filled, 'PRAGMA user_version = 99');
    await expectRefused(filled, 'written_by_newer_version', 'format 99', 'newer version');
  });
});
