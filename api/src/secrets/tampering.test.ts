import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  expectRefused,
  filledPlace,
  keyFileOf,
  type Place,
  partsOf,
  sql,
  tamper,
} from '../../test/secrets-place.ts';
import { StartupError } from '../errors.ts';
import { parseKey } from './key-file.ts';
import { WrappingKey } from './sealing.ts';
import { editSecretsFile, readHeader } from './secrets-file.ts';
import { applicationId, records } from './secrets-schema.ts';
import { SecretsStore } from './secrets-store.ts';

async function dataDirectoryIdOf({ location }: Place): Promise<string> {
  return (await readHeader(location.path, await readFile(location.path))).dataDirectoryId;
}

/** A graph in which each page leads to the next one by forty ways: SQLite would look for its schema in 40¹⁴ places. */
function endlessSchema(): Buffer {
  const pageBytes = 512;
  const ways = 40;
  const depth = 14;
  const database = new sql.Database();
  database.run(
    `PRAGMA page_size = ${pageBytes}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1; CREATE TABLE meta (name TEXT PRIMARY KEY)`,
  );
  const first = Buffer.from(database.export()).subarray(0, pageBytes);
  database.close();
  const begins = [first.readUInt16BE(108), first.readUInt16BE(110)] as const;
  const table = leafWith(first.subarray(begins[0], pageBytes));
  const index = leafWith(first.subarray(begins[1], begins[0]));
  const pages = Array.from({ length: depth }, (_, level) => leadTo(Buffer.alloc(pageBytes), 0, level + 4));
  leadTo(first, 100, 3);
  first.writeUInt32BE(2, pageBytes - ways * 5);
  first.writeUInt32BE(depth + 3, 28);
  return Buffer.concat([first, table, ...pages, index]);

  function leafWith(cell: Buffer): Buffer {
    const begin = pageBytes - cell.length;
    const page = Buffer.concat([Buffer.alloc(begin), cell]);
    page[0] = 0x0d;
    page.writeUInt16BE(1, 3);
    page.writeUInt16BE(begin, 5);
    page.writeUInt16BE(begin, 8);
    return page;
  }

  function leadTo(page: Buffer, begin: number, next: number): Buffer {
    const cells = pageBytes - ways * 5;
    page.fill(0, begin);
    page[begin] = 0x05;
    page.writeUInt16BE(ways, begin + 3);
    page.writeUInt16BE(cells, begin + 5);
    page.writeUInt32BE(next, begin + 8);
    for (let way = 0; way < ways; way += 1) {
      page.writeUInt16BE(cells + way * 5, begin + 12 + way * 2);
      page.writeUInt32BE(next, cells + way * 5);
    }
    return page;
  }
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
      parseKey(await readFile(await keyFileOf(filled)), 'key', 'none'),
      await dataDirectoryIdOf(filled),
    );
    const { path } = filled.location;
    const header = await readHeader(path, await readFile(path));
    using keyring = key.unwrap(header.wrappedKey);
    await tamper(
      filled,
      `UPDATE sealed_values SET value = (SELECT value FROM sealed_values WHERE field = 'client_secret') WHERE field = 'client_id'`,
    );
    const tagged = await editSecretsFile(await readFile(path), header, keyring, () => undefined);
    await writeFile(path, tagged);
    await expectRefused(filled, 'secrets_damaged', path);
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
    ['a trigger added', 'CREATE TRIGGER spy AFTER INSERT ON sealed_values BEGIN SELECT 1; END'],
    ['a view in the place of the table', 'DROP TABLE sealed_values; CREATE VIEW sealed_values AS SELECT 1'],
  ])('%s', async (_what, statements) => {
    await using filled = await filledPlace();
    await tamper(filled, statements);
    await expectRefused(filled, 'secrets_damaged', filled.location.path, 'backup');
  });

  test('the id of another data directory', async () => {
    await using filled = await filledPlace();
    const { path } = filled.location;
    const keyFile = await keyFileOf(filled);
    const { database, header } = partsOf(await readFile(path));
    header.write('0b0e3c6a-1111-4222-8333-444455556666', 16);
    await writeFile(path, Buffer.concat([database, header]));
    await expectRefused(
      { ...filled, location: { ...filled.location, keys: { directory: '', file: keyFile } } },
      'key_unusable',
      path,
    );
  });

  test('row 46: secrets of another data directory, with their own key at hand', async () => {
    await using filled = await filledPlace();
    await using other = await filledPlace();
    const dataDirectoryId = await dataDirectoryIdOf(filled);
    const location = { ...filled.location, keys: other.location.keys, dataDirectoryId };
    await copyFile(other.location.path, filled.location.path);
    await expectRefused(
      { ...filled, location },
      'secrets_of_another',
      filled.location.path,
      dataDirectoryId,
      await dataDirectoryIdOf(other),
    );
  });

  test('row 46: SQLite never sees the pages of a file whose tag is wrong', async () => {
    await using filled = await filledPlace();
    const { header } = partsOf(await readFile(filled.location.path));
    const crafted = endlessSchema();
    crafted.writeUInt32BE(2, 60);
    await writeFile(filled.location.path, Buffer.concat([crafted, header]));
    await expectRefused(filled, 'secrets_damaged', filled.location.path, 'backup');
  });

  test('row 46: of a file of format 1, whose header it must read, it sees only pages that lead nowhere', async () => {
    await using filled = await filledPlace();
    await writeFile(filled.location.path, endlessSchema());
    await expectRefused(filled, 'secrets_damaged', filled.location.path, 'backup');
  });

  test('of a newer format', async () => {
    await using filled = await filledPlace();
    await tamper(filled, 'PRAGMA user_version = 99');
    await expectRefused(filled, 'written_by_newer_version', 'format 99', 'newer version');
  });
});
