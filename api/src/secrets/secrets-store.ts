// secrets.db: a SQLite file that sql.js holds in memory and that is replaced as a whole at every change. Its values are
// sealed one by one (sealing.ts); a tag over the whole file notices what sealed values alone cannot: a removed row, a
// changed schema, a flipped bit in unused space. Removing the owner's row must not reopen the claim.

import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import initSqlJs, { type Database, type SqlJsStatic } from 'sql.js';
import { writeFileAtomically } from '../data-directory/atomic-file.ts';
import { StartupError, systemErrorCode } from '../errors.ts';
import { defaultKeyFile, readKeyFile, readOrCreateKeyFile, refuseKeyInside } from './key-source.ts';
import {
  createKeyring,
  type Keyring,
  openKeyring,
  SealBrokenError,
  tagBytes,
  type WrappedKey,
  WrongKeyError,
} from './sealing.ts';

/** The tables of sealed values; each holds one row at most. */
const tables = {
  registration: ['issuer', 'client_id', 'client_secret'],
  registration_management: ['registration_access_token', 'registration_client_uri'],
  instance_token: ['access_token', 'expires_at'],
  instance_name: ['name'],
  pending_claim: ['workspace', 'workspace_name', 'begun_at'],
  instance_claim: ['issuer', 'workspace', 'workspace_name', 'claimed_at'],
} as const;

export type SecretTable = keyof typeof tables;
export type SecretRow<T extends SecretTable> = { readonly [column in (typeof tables)[T][number]]: string };

type Row = Readonly<Record<string, string>>;
type Rows = ReadonlyMap<SecretTable, Row>;

/** What a transaction may do; it takes effect when the transaction has been saved. */
export interface SecretsTransaction {
  put<T extends SecretTable>(table: T, row: SecretRow<T>): void;
  remove(table: SecretTable): void;
}

export interface SecretsLocation {
  /** Of `secrets.db`. */
  readonly path: string;
  readonly dataPath: string;
  /** Named by the user; otherwise the key file lies in `keyDirectory` under the data directory's id. */
  readonly keyFile: string | undefined;
  readonly keyDirectory: string;
}

const applicationId = 0x48_46_53_31; // "HFS1"
const formatVersion = 1;
const rowId = '1';

/** The instance's secrets, readable in memory, durable once `transaction` resolves. */
export class SecretsStore implements Disposable {
  readonly keyFile: string;
  readonly #path: string;
  readonly #sql: SqlJsStatic;
  readonly #keyring: Keyring;
  #content: Uint8Array;
  #rows: Rows;
  #lastTransaction: Promise<void> = Promise.resolve();

  private constructor(
    location: { path: string; keyFile: string },
    sql: SqlJsStatic,
    keyring: Keyring,
    content: Uint8Array,
    rows: Rows,
  ) {
    this.#path = location.path;
    this.keyFile = location.keyFile;
    this.#sql = sql;
    this.#keyring = keyring;
    this.#content = content;
    this.#rows = rows;
  }

  /**
   * Opens `secrets.db`, or creates it together with its key when there is none.
   *
   * @throws StartupError `secrets_damaged` or `key_unusable`; nothing on the disk has then changed.
   */
  static async open(location: SecretsLocation): Promise<SecretsStore> {
    const sql = await initSqlJs();
    const content = await readFile(location.path).catch((error: unknown) => {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw new StartupError(
        'secrets_damaged',
        `${location.path} cannot be read (${systemErrorCode(error) ?? 'unknown error'}). Make it readable for this user, or restore it from your backup.`,
        { cause: error },
      );
    });
    return content === undefined
      ? SecretsStore.#create(sql, location)
      : SecretsStore.#load(sql, location, new Uint8Array(content));
  }

  static async #create(sql: SqlJsStatic, location: SecretsLocation): Promise<SecretsStore> {
    const dataDirectoryId = randomUUID();
    const keyFile = location.keyFile ?? defaultKeyFile(location.keyDirectory, dataDirectoryId);
    await refuseKeyInside(location.dataPath, keyFile);
    const { keyring, wrappedKey } = await createKeyring(await readOrCreateKeyFile(keyFile), dataDirectoryId);
    const database = new sql.Database();
    try {
      createTables(database, dataDirectoryId, wrappedKey);
      const content = authenticated(database, keyring);
      await writeFileAtomically(location.path, content);
      return new SecretsStore({ path: location.path, keyFile }, sql, keyring, content, new Map());
    } finally {
      database.close();
    }
  }

  static async #load(
    sql: SqlJsStatic,
    location: SecretsLocation,
    content: Uint8Array,
  ): Promise<SecretsStore> {
    const { dataDirectoryId, wrappedKey, tag } = readHeader(sql, location.path, content);
    const keyFile = location.keyFile ?? defaultKeyFile(location.keyDirectory, dataDirectoryId);
    await refuseKeyInside(location.dataPath, keyFile);
    const wrappingKey = await readKeyFile(keyFile);
    try {
      const keyring = await openKeyring(wrappingKey, dataDirectoryId, wrappedKey);
      if (!keyring.verify(withoutTag(content, tag), tag)) throw new SealBrokenError('The file was changed.');
      const rows = openRows(sql, content, keyring);
      return new SecretsStore({ path: location.path, keyFile }, sql, keyring, content, rows);
    } catch (error) {
      if (error instanceof WrongKeyError) {
        throw new StartupError(
          'key_unusable',
          `${location.path} was not sealed with the key in ${keyFile}. Name the key file that belongs to this data directory with --key-file, or restore ${location.path} from your backup.`,
          { cause: error },
        );
      }
      if (error instanceof SealBrokenError) throw damaged(location.path, error);
      throw error;
    }
  }

  /** The saved row of a table, if there is one. */
  read<T extends SecretTable>(table: T): SecretRow<T> | undefined {
    return this.#rows.get(table) as SecretRow<T> | undefined;
  }

  /**
   * Changes secrets, all or nothing: resolves when the change lies on the disk, and only then `read` shows it.
   * Transactions run one after the other.
   *
   * @throws the system error of the save; neither file nor memory has then changed.
   */
  async transaction(change: (transaction: SecretsTransaction) => void): Promise<void> {
    const result = this.#lastTransaction.then(() => this.#apply(change));
    this.#lastTransaction = result.catch(() => undefined);
    return result;
  }

  [Symbol.dispose](): void {
    this.#keyring[Symbol.dispose]();
  }

  async #apply(change: (transaction: SecretsTransaction) => void): Promise<void> {
    const database = new this.#sql.Database(this.#content);
    const rows = new Map(this.#rows);
    try {
      // Without this, sealed values that were replaced would stay in the free space of the file.
      database.run('PRAGMA secure_delete = ON');
      database.run('BEGIN');
      change({
        put: (table, row) => {
          database.run(`DELETE FROM ${table}`);
          database.run(
            `INSERT INTO ${table} (id, ${tables[table].join(', ')}) VALUES (${rowId}, ${tables[table].map(() => '?').join(', ')})`,
            tables[table].map((column) =>
              this.#keyring.seal(
                { table, column, row: rowId },
                (row as Record<string, string>)[column] as string,
              ),
            ),
          );
          rows.set(table, row);
        },
        remove: (table) => {
          database.run(`DELETE FROM ${table}`);
          rows.delete(table);
        },
      });
      database.run('COMMIT');
      const content = authenticated(database, this.#keyring);
      await writeFileAtomically(this.#path, content);
      this.#content = content;
      this.#rows = rows;
    } finally {
      database.close();
    }
  }
}

function createTables(
  database: Database,
  dataDirectoryId: string,
  { keyId, wrapped, commitment }: WrappedKey,
): void {
  database.run(`PRAGMA application_id = ${applicationId}`);
  database.run(`PRAGMA user_version = ${formatVersion}`);
  database.run('CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT');
  database.run(
    'CREATE TABLE wrapped_key (key_id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL, commitment BLOB NOT NULL) STRICT',
  );
  database.run('CREATE TABLE file_tag (id INTEGER PRIMARY KEY CHECK (id = 1), tag BLOB NOT NULL) STRICT');
  for (const [table, columns] of Object.entries(tables)) {
    const definitions = columns.map((column) => `${column} BLOB NOT NULL`).join(', ');
    database.run(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY CHECK (id = 1), ${definitions}) STRICT`);
  }
  database.run('INSERT INTO meta VALUES (?, ?)', ['data_directory_id', dataDirectoryId]);
  database.run('INSERT INTO wrapped_key VALUES (?, ?, ?)', [keyId, wrapped, commitment]);
  database.run('INSERT INTO file_tag VALUES (1, ?)', [new Uint8Array(tagBytes)]);
}

/**
 * The database as file content with a valid tag: random bytes stand where the tag will be, which shows where in the
 * file that is; the tag is computed with zeros in their place.
 */
function authenticated(database: Database, keyring: Keyring): Uint8Array {
  const placeholder = new Uint8Array(randomBytes(tagBytes));
  database.run('UPDATE file_tag SET tag = ?', [placeholder]);
  const content = database.export();
  const blank = withoutTag(content, placeholder);
  const tag = keyring.authenticate(blank);
  blank.set(tag, Buffer.from(content).indexOf(placeholder));
  return blank;
}

/** A copy of `content` with zeros in place of its tag. @throws SealBrokenError when the tag is not there, once. */
function withoutTag(content: Uint8Array, tag: Uint8Array): Uint8Array {
  const buffer = Buffer.from(content);
  const offset = buffer.indexOf(tag);
  if (offset === -1 || buffer.indexOf(tag, offset + 1) !== -1) {
    throw new SealBrokenError('The tag of the file is not in its place.');
  }
  return new Uint8Array(buffer.fill(0, offset, offset + tag.length));
}

interface Header {
  dataDirectoryId: string;
  wrappedKey: WrappedKey;
  tag: Uint8Array;
}

/** @throws StartupError `secrets_damaged` when this is no secrets.db of this format. */
function readHeader(sql: SqlJsStatic, path: string, content: Uint8Array): Header {
  return withDatabase(sql, path, content, (database) => {
    if (scalar(database, 'PRAGMA application_id') !== applicationId) {
      throw new StartupError(
        'secrets_damaged',
        `${path} is not a Holdfast secrets file. Move it away, or restore the right one from your backup.`,
      );
    }
    const version = scalar(database, 'PRAGMA user_version');
    if (version !== formatVersion) {
      throw new StartupError(
        'secrets_damaged',
        `${path} has format ${String(version)}, and this version of Holdfast reads format ${formatVersion}. Use the version that wrote it, or restore it from your backup.`,
      );
    }
    const dataDirectoryId = scalar(database, "SELECT value FROM meta WHERE name = 'data_directory_id'");
    const [keyId, wrapped, commitment] =
      database.exec('SELECT key_id, wrapped, commitment FROM wrapped_key')[0]?.values[0] ?? [];
    const tag = scalar(database, 'SELECT tag FROM file_tag');
    if (
      typeof dataDirectoryId !== 'string' ||
      !/^[0-9a-f-]{36}$/.test(dataDirectoryId) ||
      typeof keyId !== 'number' ||
      !(wrapped instanceof Uint8Array) ||
      !(commitment instanceof Uint8Array) ||
      !(tag instanceof Uint8Array) ||
      tag.length !== tagBytes
    ) {
      throw damaged(path);
    }
    return { dataDirectoryId, wrappedKey: { keyId, wrapped, commitment }, tag };
  });
}

function openRows(sql: SqlJsStatic, content: Uint8Array, keyring: Keyring): Rows {
  const rows = new Map<SecretTable, Row>();
  const database = new sql.Database(content);
  try {
    for (const [table, columns] of Object.entries(tables)) {
      const values = database.exec(`SELECT ${columns.join(', ')} FROM ${table}`)[0]?.values[0];
      if (!values) continue;
      const opened = columns.map((column, index) => [
        column,
        keyring.open({ table, column, row: rowId }, values[index] as Uint8Array),
      ]);
      rows.set(table as SecretTable, Object.fromEntries(opened) as Row);
    }
    return rows;
  } finally {
    database.close();
  }
}

function withDatabase<T>(
  sql: SqlJsStatic,
  path: string,
  content: Uint8Array,
  read: (database: Database) => T,
): T {
  let database: Database | undefined;
  try {
    database = new sql.Database(content);
    return read(database);
  } catch (error) {
    throw error instanceof StartupError ? error : damaged(path, error);
  } finally {
    database?.close();
  }
}

function scalar(database: Database, statement: string): unknown {
  return database.exec(statement)[0]?.values[0]?.[0];
}

function damaged(path: string, cause?: unknown): StartupError {
  return new StartupError(
    'secrets_damaged',
    `${path} is damaged or was changed by something other than Holdfast. Restore it from your backup; nothing has been changed.`,
    { cause },
  );
}
