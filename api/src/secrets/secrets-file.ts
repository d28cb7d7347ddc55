// The content of secrets.db, a SQLite file: the only place that knows sql.js. A tag over the whole file notices what
// sealed values alone cannot: a removed row, a changed schema, a flipped bit in unused space. Nothing of a file but its
// format, its schema and where its key comes from is believed before that tag was compared.

import initSqlJs, { type Database, type SqlJsStatic, type SqlValue } from 'sql.js';
import { StartupError } from '../errors.ts';
import type { KeySource } from './key-source.ts';
import { isPassphraseSource } from './passphrase.ts';
import { type Keyring, SealBrokenError, tagBytes, type WrappedKey } from './sealing.ts';
import {
  applicationId,
  currentFormat,
  migrations,
  pageSize,
  records,
  type SecretName,
  schemas,
} from './secrets-schema.ts';

/** The fields of a record, opened. */
export type Fields = Readonly<Record<string, string>>;
export type OpenedRecords = ReadonlyMap<SecretName, Fields>;

/** What can be read without a key. */
export interface SecretsHeader {
  readonly format: number;
  readonly dataDirectoryId: string;
  readonly keySource: KeySource;
  readonly wrappedKey: WrappedKey;
  readonly tag: Uint8Array;
}

/** Changes the content of a file whose values `keyring` seals. */
export interface SecretsEdit {
  putRecord(name: SecretName, fields: Fields): void;
  removeRecord(name: SecretName): void;
  putKeySource(source: KeySource): void;
  putWrappedKey(wrappedKey: WrappedKey): void;
}

/** Each record is there once at most; the address of a sealed value has room for more. */
const onlyRow = '1';

/** Stands where the tag will be while the file's content is made. Nothing else in the file can contain it: values are sealed. */
const tagPlaceholder = Buffer.from('holdfast: here comes the tag …').subarray(0, tagBytes);

let sqlJs: Promise<SqlJsStatic> | undefined;

async function sql(): Promise<SqlJsStatic> {
  sqlJs ??= initSqlJs();
  return sqlJs;
}

/** A file without values. */
export async function createSecretsFile(
  { dataDirectoryId, keySource, wrappedKey }: Omit<SecretsHeader, 'tag' | 'format'>,
  keyring: Keyring,
): Promise<Uint8Array> {
  using database = await openDatabase();
  database.exec(
    `PRAGMA page_size = ${pageSize}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${currentFormat}; BEGIN`,
  );
  for (const statement of schemas[currentFormat] ?? []) database.run(statement);
  database.run('INSERT INTO meta VALUES (?, ?)', ['data_directory_id', dataDirectoryId]);
  database.run('INSERT INTO file_tag VALUES (1, ?)', [new Uint8Array(tagBytes)]);
  const edit = editOf(database, keyring);
  edit.putKeySource(keySource);
  edit.putWrappedKey(wrappedKey);
  return authenticated(database, keyring);
}

/**
 * Reads what is needed to find the key.
 *
 * @throws StartupError `secrets_damaged`, or `written_by_newer_version`
 */
export async function readHeader(path: string, content: Uint8Array): Promise<SecretsHeader> {
  try {
    using database = await openDatabase(content);
    const format = readFormat(database, path);
    refuseOtherSchema(database, path, format);
    const dataDirectoryId = scalar(database, "SELECT value FROM meta WHERE name = 'data_directory_id'");
    const keys =
      database.exec('SELECT key_id, wrapped, commitment FROM wrapped_key LIMIT 2')[0]?.values ?? [];
    const [keyId, wrapped, commitment] = keys[0] ?? [];
    const tag = scalar(database, 'SELECT tag FROM file_tag LIMIT 1');
    const keySource = format === 1 ? ({ kind: 'key-file', generation: 1 } as const) : readKeySource(database);
    if (
      typeof dataDirectoryId !== 'string' ||
      !/^[0-9a-f-]{36}$/.test(dataDirectoryId) ||
      keys.length !== 1 ||
      typeof keyId !== 'number' ||
      !(wrapped instanceof Uint8Array) ||
      !(commitment instanceof Uint8Array) ||
      !(tag instanceof Uint8Array) ||
      tag.length !== tagBytes ||
      !keySource
    ) {
      throw damaged(path);
    }
    return { format, dataDirectoryId, keySource, wrappedKey: { keyId, wrapped, commitment }, tag };
  } catch (error) {
    throw error instanceof StartupError ? error : damaged(path, error);
  }
}

/**
 * Compares the tag over the whole file.
 *
 * @throws SealBrokenError
 */
export function verifyTag(content: Uint8Array, tag: Uint8Array, keyring: Keyring): void {
  if (!keyring.verify(withoutTag(content, tag).content, tag))
    throw new SealBrokenError('The file was changed.');
}

/**
 * Opens every value of a file of the current format, whose tag has been compared.
 *
 * @throws SealBrokenError
 */
export async function openRecords(content: Uint8Array, keyring: Keyring): Promise<OpenedRecords> {
  using database = await openDatabase(content);
  const opened = new Map<SecretName, Record<string, string>>();
  const values = database.exec('SELECT record, field, value FROM sealed_values')[0]?.values ?? [];
  for (const [record, field, value] of values as [SecretName, string, Uint8Array][]) {
    const fields = opened.get(record) ?? {};
    fields[field] = keyring.open({ table: record, column: field, row: onlyRow }, value);
    opened.set(record, fields);
  }
  return opened;
}

/**
 * The content after `change`, which is all or nothing.
 *
 * @param keyring seals what is put and authenticates the result
 */
export async function editSecretsFile(
  content: Uint8Array,
  keyring: Keyring,
  change: (edit: SecretsEdit) => void,
): Promise<Uint8Array> {
  using database = await openDatabase(content);
  // Without secure_delete, sealed values that were replaced would stay in the free space of the file.
  database.exec('PRAGMA secure_delete = ON; BEGIN');
  change(editOf(database, keyring));
  return authenticated(database, keyring);
}

/** The content of a file, whose tag has been compared, in the current format. */
export async function inCurrentFormat(
  content: Uint8Array,
  format: number,
  keyring: Keyring,
): Promise<Uint8Array> {
  if (format === currentFormat) return content;
  using database = await openDatabase(content);
  for (let from = format; from < currentFormat; from += 1) {
    for (const statement of migrations[from] ?? []) database.run(statement);
    database.run(`PRAGMA user_version = ${from + 1}`);
  }
  database.exec(`PRAGMA page_size = ${pageSize}; VACUUM; BEGIN`);
  return authenticated(database, keyring);
}

export function damaged(path: string, cause?: unknown): StartupError {
  return new StartupError(
    'secrets_damaged',
    `${path} is damaged or was changed by something other than Holdfast. Restore it from your backup; nothing has been changed. Without a backup, move it away and start anew with --reset-credentials.`,
    { cause },
  );
}

function editOf(database: Database, keyring: Keyring): SecretsEdit {
  return {
    putRecord(name, fields) {
      const values = records[name].flatMap((field) => [
        name,
        field,
        keyring.seal({ table: name, column: field, row: onlyRow }, fields[field] as string),
      ]);
      const rows = records[name].map(() => '(?, ?, ?)').join(', ');
      database.run(`INSERT OR REPLACE INTO sealed_values VALUES ${rows}`, values);
    },
    removeRecord: (name) => void database.run('DELETE FROM sealed_values WHERE record = ?', [name]),
    putKeySource(source) {
      const {
        salt = null,
        memoryKib = null,
        passes = null,
        parallelism = null,
      } = source.kind === 'passphrase' ? source : {};
      const generation = source.kind === 'key-file' ? source.generation : null;
      database.run('INSERT OR REPLACE INTO key_source VALUES (1, ?, ?, ?, ?, ?, ?)', [
        source.kind,
        generation,
        salt,
        memoryKib,
        passes,
        parallelism,
      ]);
    },
    putWrappedKey({ keyId, wrapped, commitment }) {
      database.run('DELETE FROM wrapped_key');
      database.run('INSERT INTO wrapped_key VALUES (?, ?, ?)', [keyId, wrapped, commitment]);
    },
  };
}

/**
 * Ends the transaction of `database` and returns it as file content with a valid tag. A placeholder shows where in the file
 * the tag will be; the tag is computed with zeros in its place.
 */
function authenticated(database: Database, keyring: Keyring): Uint8Array {
  database.run('UPDATE file_tag SET tag = ?', [tagPlaceholder]);
  database.exec('COMMIT');
  const { content, offset } = withoutTag(database.export(), tagPlaceholder);
  content.set(keyring.authenticate(content), offset);
  return content;
}

/** A copy of `content` with zeros in place of its tag. @throws SealBrokenError when the tag is not there, once. */
function withoutTag(content: Uint8Array, tag: Uint8Array): { content: Uint8Array; offset: number } {
  const copy = Buffer.from(content);
  const offset = copy.indexOf(tag);
  if (offset === -1 || copy.includes(tag, offset + 1))
    throw new SealBrokenError('The tag of the file is not in its place.');
  return { content: copy.fill(0, offset, offset + tag.length), offset };
}

function readFormat(database: Database, path: string): number {
  if (scalar(database, 'PRAGMA application_id') !== applicationId) {
    throw new StartupError(
      'secrets_damaged',
      `${path} is not a Holdfast secrets file. Move it away, or restore the right one from your backup.`,
    );
  }
  const format = scalar(database, 'PRAGMA user_version');
  if (typeof format === 'number' && format > currentFormat) {
    throw new StartupError(
      'written_by_newer_version',
      `${path} was written by a newer version of Holdfast (format ${format}; this version reads up to ${currentFormat}). Use that version; nothing has been changed.`,
    );
  }
  if (typeof format !== 'number' || !schemas[format]) throw damaged(path);
  return format;
}

/** A view or trigger in the place of a table could make reading it endless, before any tag is compared. */
function refuseOtherSchema(database: Database, path: string, format: number): void {
  const rows =
    database.exec('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL LIMIT 100')[0]?.values ?? [];
  const found = new Set(rows.flat());
  const expected = schemas[format] ?? [];
  if (rows.length !== expected.length || !expected.every((statement) => found.has(statement)))
    throw damaged(path);
}

function readKeySource(database: Database): KeySource | undefined {
  const [kind, generation, salt, memoryKib, passes, parallelism]: SqlValue[] =
    database.exec('SELECT kind, generation, salt, memory_kib, passes, parallelism FROM key_source LIMIT 1')[0]
      ?.values[0] ?? [];
  switch (kind) {
    case 'key-file':
      return Number.isSafeInteger(generation) && (generation as number) > 0
        ? { kind, generation: generation as number }
        : undefined;
    case 'passphrase': {
      if (!(salt instanceof Uint8Array)) return undefined;
      const source = {
        kind,
        salt,
        memoryKib: memoryKib as number,
        passes: passes as number,
        parallelism: parallelism as number,
      };
      return isPassphraseSource(source) ? source : undefined;
    }
    case 'systemd-credential':
      return { kind };
    default:
      return undefined;
  }
}

function scalar(database: Database, statement: string): SqlValue | undefined {
  return database.exec(statement)[0]?.values[0]?.[0];
}

/** A database of its own: sql.js copies a Uint8Array, but writes into a Buffer, whose `slice` is no copy. */
async function openDatabase(content?: Uint8Array): Promise<Database & Disposable> {
  const { Database } = await sql();
  const database = new Database(
    content && new Uint8Array(content.buffer, content.byteOffset, content.byteLength),
  );
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}
