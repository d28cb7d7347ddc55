// The content of secrets.db: a SQLite file with a page of Holdfast's own at its end, the header. The header ends with a
// tag over the whole file, which notices what sealed values alone cannot: a removed row, a changed schema, a flipped
// bit in unused space. SQLite sees nothing of a file before that tag was compared.

import { StartupError } from '../errors.ts';
import { type Keyring, SealBrokenError, tagBytes } from './sealing.ts';
import { migrateFormat1, readHeaderOfFormat1, taggedContentOfFormat1 } from './secrets-format-1.ts';
import { decodeHeader, encodeHeader, headerBytes, type SecretsHeader } from './secrets-header.ts';
import {
  applicationId,
  currentFormat,
  pageSize,
  records,
  type SecretName,
  schema,
} from './secrets-schema.ts';
import { openSqliteContent, readRows, type SqliteContent } from './sqlite-content.ts';

/** The fields of a record, opened. */
export type Fields = Readonly<Record<string, string>>;
export type OpenedRecords = ReadonlyMap<SecretName, Fields>;

/** What a file says about itself before a key is known. */
export interface FoundHeader extends SecretsHeader {
  readonly format: number;
  readonly tag: Uint8Array;
}

/** Changes the content of a file whose values `keyring` seals. */
export interface SecretsEdit {
  putRecord(name: SecretName, fields: Fields): void;
  removeRecord(name: SecretName): void;
}

/** Each record is there once at most; the address of a sealed value has room for more. */
const onlyRow = '1';

/** Where SQLite keeps the numbers that programs give their files: https://www.sqlite.org/fileformat2.html#the_database_header */
const at = { userVersion: 60, applicationId: 68, end: 100 } as const;

/** A file without values. */
export async function createSecretsFile(header: SecretsHeader, keyring: Keyring): Promise<Uint8Array> {
  using database = await openSqliteContent();
  database.exec(`PRAGMA page_size = ${pageSize}; PRAGMA application_id = ${applicationId}; BEGIN`);
  return finish(database, header, keyring);
}

/**
 * Reads what is needed to find the key.
 *
 * @throws StartupError `secrets_damaged`, or `written_by_newer_version`
 */
export async function readHeader(path: string, content: Uint8Array): Promise<FoundHeader> {
  const format = readFormat(path, content);
  try {
    const header = format === 1 ? await readHeaderOfFormat1(content) : readLastPage(content);
    if (header) return { format, ...header };
  } catch (cause) {
    throw damaged(path, cause);
  }
  throw damaged(path);
}

/**
 * Compares the tag over the whole file.
 *
 * @throws SealBrokenError
 */
export function verifyTag(
  content: Uint8Array,
  { format, tag }: Pick<FoundHeader, 'format' | 'tag'>,
  keyring: Keyring,
): void {
  const tagged =
    format === 1 ? taggedContentOfFormat1(content, tag) : content.subarray(0, content.length - tagBytes);
  if (!keyring.verify(tagged, tag)) throw new SealBrokenError('The file was changed.');
}

/**
 * Opens every value of a file of the current format, whose tag has been compared.
 *
 * @throws SealBrokenError
 */
export async function openRecords(content: Uint8Array, keyring: Keyring): Promise<OpenedRecords> {
  const opened = new Map<SecretName, Record<string, string>>();
  const values = await readRows(databaseIn(content), 'SELECT record, field, value FROM sealed_values');
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
  header: SecretsHeader,
  keyring: Keyring,
  change: (edit: SecretsEdit) => void,
): Promise<Uint8Array> {
  using database = await openSqliteContent(databaseIn(content));
  // Without secure_delete, sealed values that were replaced would stay in the free space of the file.
  database.exec('PRAGMA secure_delete = ON; BEGIN');
  change(editOf(database, keyring));
  database.exec('COMMIT');
  return assemble(database.export(), header, keyring);
}

/** The content with another header, and the same values. */
export function withHeader(content: Uint8Array, header: SecretsHeader, keyring: Keyring): Uint8Array {
  return assemble(databaseIn(content), header, keyring);
}

/** The content of a file, whose tag has been compared, in the current format. */
export async function inCurrentFormat(
  content: Uint8Array,
  header: FoundHeader,
  keyring: Keyring,
): Promise<Uint8Array> {
  if (header.format === currentFormat) return content;
  using database = await openSqliteContent(content);
  database.exec('BEGIN');
  return finish(database, header, keyring, () => migrateFormat1(database));
}

export function damaged(path: string, cause?: unknown): StartupError {
  return new StartupError(
    'secrets_damaged',
    `${path} is damaged or was changed by something other than Holdfast. Restore it from your backup; nothing has been changed. Without a backup, move it away and start anew with --reset-credentials.`,
    { cause },
  );
}

function editOf(database: SqliteContent, keyring: Keyring): SecretsEdit {
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
  };
}

/** Gives a database in a transaction the tables of the current format, lets `fill` fill them, and returns it as a file. */
function finish(
  database: SqliteContent,
  header: SecretsHeader,
  keyring: Keyring,
  fill: () => void = () => undefined,
): Uint8Array {
  for (const statement of schema) database.run(statement);
  fill();
  database.exec(`PRAGMA user_version = ${currentFormat}; COMMIT; PRAGMA page_size = ${pageSize}; VACUUM`);
  return assemble(database.export(), header, keyring);
}

function assemble(database: Uint8Array, header: SecretsHeader, keyring: Keyring): Uint8Array {
  const content = new Uint8Array(database.length + headerBytes);
  content.set(database);
  content.set(encodeHeader(header), database.length);
  const tagged = content.subarray(0, content.length - tagBytes);
  content.set(keyring.authenticate(tagged), tagged.length);
  return content;
}

function databaseIn(content: Uint8Array): Uint8Array {
  return content.subarray(0, content.length - headerBytes);
}

function readLastPage(content: Uint8Array): (SecretsHeader & { tag: Uint8Array }) | undefined {
  const header = decodeHeader(content.subarray(-headerBytes));
  return header && { ...header, tag: new Uint8Array(content.subarray(-tagBytes)) };
}

function readFormat(path: string, content: Uint8Array): number {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < at.end + headerBytes || bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0')
    throw damaged(path);
  if (bytes.readUInt32BE(at.applicationId) !== applicationId) {
    throw new StartupError(
      'secrets_damaged',
      `${path} is not a Holdfast secrets file. Move it away, or restore the right one from your backup.`,
    );
  }
  const format = bytes.readUInt32BE(at.userVersion);
  if (format > currentFormat) {
    throw new StartupError(
      'written_by_newer_version',
      `${path} was written by a newer version of Holdfast (format ${format}; this version reads up to ${currentFormat}). Use that version; nothing has been changed.`,
    );
  }
  if (format === 0) throw damaged(path);
  return format;
}
