import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { createPrivately } from '../data-directory/data-directory.ts';
import { StartupError } from '../errors.ts';
import { GroupedCommitsDriver, groupedCommitsDialect } from './grouped-commits.ts';
import { migrations } from './migrations.ts';
import { usePlainConnection } from './prepared-query.ts';
import { busy, resultCodeOf } from './result-code.ts';
import type { Tables } from './tables.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

export type Database = Kysely<Tables>;

/**
 * Opens the cloud's SQLite database and brings its tables up to date.
 *
 * @throws {StartupError} `data_damaged`, `data_path_unusable` if it is in use or its disk fails, or `newer_database` if a newer
 * version of Holdfast wrote it
 */
export async function openDatabase(path: string): Promise<Database> {
  const sqlite = openSqlite(path);
  const driver = new GroupedCommitsDriver(
    sqlite,
    new DatabaseSync(path, { readOnly: true }),
    new WriteAheadLog(path),
  );
  const database = new Kysely<Tables>({ dialect: groupedCommitsDialect(driver) });
  usePlainConnection(database, driver.connect());
  try {
    await migrate(database, path);
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/**
 * Writes down whose data this is on the first start, and refuses data of another issuer later: its tokens, instances
 * and resources all carry the issuer's name.
 *
 * @throws {StartupError} `foreign_issuer`
 */
export async function bindToIssuer(database: Database, issuer: string, dataPath: string): Promise<void> {
  await database
    .insertInto('cloud')
    .values({ id: 1, issuer })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  const { issuer: owner } = await database.selectFrom('cloud').select('issuer').executeTakeFirstOrThrow();
  if (owner !== issuer) {
    throw new StartupError(
      'foreign_issuer',
      `The data directory ${dataPath} belongs to the cloud ${owner}, not to ${issuer}: start with --issuer ${owner}, or choose another directory with --data-path.`,
    );
  }
}

function openSqlite(path: string): DatabaseSync {
  createPrivately(path);
  const sqlite = new DatabaseSync(path);
  try {
    // synchronous = NORMAL: the driver itself waits for the disk, so that an acknowledged claim or rotation survives a
    // power cut. SQLite gives -wal and -shm the mode of the database itself. From then on the driver also waits for
    // other processes: SQLite would hold up everybody.
    sqlite.exec(`
      PRAGMA busy_timeout = 5000;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA foreign_keys = ON;
      PRAGMA busy_timeout = 0;
    `);
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw damaged(path, error);
  }
}

async function migrate(database: Database, path: string): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: 'cloud_migrations',
    migrationLockTableName: 'cloud_migrations_lock',
  });
  const applied = await appliedMigrations(database, path);
  const unknown = applied.find((name) => !(name in migrations));
  if (unknown !== undefined) {
    throw new StartupError(
      'newer_database',
      `The database ${path} was written by a newer version of Holdfast (it knows “${unknown}”). Install that version, or choose another directory with --data-path.`,
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw damaged(path, error);
}

async function appliedMigrations(database: Database, path: string): Promise<string[]> {
  try {
    const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
    if (!tables.some(({ name }) => name === 'cloud_migrations')) return [];
    const rows = await database
      .withTables<{ cloud_migrations: { name: string } }>()
      .selectFrom('cloud_migrations')
      .select('name')
      .execute();
    return rows.map(({ name }) => name);
  } catch (error) {
    throw damaged(path, error);
  }
}

/** What to do about SQLite's primary result codes that say nothing against the content of a database. */
const wayOuts: Readonly<Record<number, string>> = {
  [busy]: 'Another process is using it: try again in a moment, or end that process.',
  10: 'Make room on its disk, or have the disk checked, then try again.',
  13: 'Make room on its disk, then try again.',
};

function damaged(path: string, cause: unknown): StartupError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const wayOut = wayOuts[resultCodeOf(cause)];
  return new StartupError(
    wayOut === undefined ? 'data_damaged' : 'data_path_unusable',
    `The database ${path} cannot be ${wayOut === undefined ? 'read' : 'used'} (${reason}). ${wayOut ?? 'Restore it from a backup, or choose another directory with --data-path.'}`,
    { cause },
  );
}
