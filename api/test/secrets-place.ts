import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import initSqlJs from 'sql.js';
import { expect } from 'vitest';
import { StartupError } from '../src/errors.ts';
import { headerBytes } from '../src/secrets/secrets-header.ts';
import { type SecretsLocation, SecretsStore } from '../src/secrets/secrets-store.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const registration = {
  issuer: 'https://cloud.test',
  client_id: 'i1',
  client_secret: 'canary-secret-4711',
};

export interface Place extends AsyncDisposable {
  readonly root: string;
  readonly location: SecretsLocation;
}

export async function place(): Promise<Place> {
  const { path: root, [Symbol.asyncDispose]: dispose } = await temporaryDirectory();
  const dataPath = join(root, 'data');
  await mkdir(dataPath);
  return {
    root,
    location: {
      path: join(dataPath, 'secrets.db'),
      dataPath,
      keys: { directory: join(root, 'keys') },
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** A place whose secrets hold a registration. */
export async function filledPlace(): Promise<Place> {
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

/** Every file below `root` with its content and mode. Of a lock only the mode: to close it would give it up. */
export async function snapshot(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    const hasContent = entry.isFile() && entry.name !== 'lock';
    files[path] = `${mode.toString(8)} ${hasContent ? (await readFile(path)).toString('base64') : ''}`;
  }
  return files;
}

export async function expectRefused(
  { root, location }: Place,
  code: string,
  ...texts: string[]
): Promise<void> {
  const before = await snapshot(root);
  const refusal = await SecretsStore.open(location).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StartupError);
  expect(refusal).toMatchObject({ code });
  for (const text of texts) expect((refusal as StartupError).message).toContain(text);
  expect(await snapshot(root)).toEqual(before);
}

export async function keyFileOf({ location }: Place): Promise<string> {
  const [name] = await readdir(location.keys.directory);
  return join(location.keys.directory, name as string);
}

export const sql = await initSqlJs();

/** Changes secrets.db the way a thief with an SQLite shell would, who leaves the last page as it is. */
export async function tamper({ location }: Place, statements: string): Promise<void> {
  const { database: before, header } = partsOf(await readFile(location.path));
  const database = new sql.Database(before);
  database.run(statements);
  await writeFile(location.path, Buffer.concat([database.export(), header]));
  database.close();
}

/** SQLite's part of secrets.db and, but in format 1, the header behind it. */
export function partsOf(content: Buffer): { database: Uint8Array; header: Buffer } {
  const end = content.readUInt32BE(60) === 1 ? content.length : content.length - headerBytes;
  return { database: new Uint8Array(content.subarray(0, end)), header: content.subarray(end) };
}

/** The sealed values of a file, in hexadecimal, by record and field. */
export async function valuesOf(content: Uint8Array): Promise<Record<string, string>> {
  const database = new sql.Database(partsOf(Buffer.from(content)).database);
  const rows = database.exec("SELECT record || '.' || field, hex(value) FROM sealed_values")[0]?.values ?? [];
  database.close();
  return Object.fromEntries(rows) as Record<string, string>;
}

/** The content with one bit that is another; in `secrets.db`, unless told otherwise, in a sealed value. */
export function withFlippedBit(
  content: Uint8Array,
  index = content.length - headerBytes - 100,
  bit = 0,
): Buffer {
  const copy = Buffer.from(content);
  copy[index] = (copy[index] as number) ^ (1 << bit);
  return copy;
}
