import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { StartupError } from '../errors.ts';
import { migrations } from './migrations.ts';

/**
 * Makes sure that a database has the tables and indices that the migrations up to its version make, and nothing else: a
 * trigger would do its work with every entry.
 *
 * @returns its version
 * @throws {StartupError} `written_by_newer_version` or `activity_damaged`; the error of SQLite
 */
export function assertOwnSchema(sqlite: DatabaseSync, path: string): number {
  const { user_version: version } = sqlite.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > migrations.length) {
    throw new StartupError(
      'written_by_newer_version',
      `${path} was written by a newer version of Holdfast (version ${version}; this one reads up to ${migrations.length}). Use that version, or choose another directory with --data-path; nothing has been changed.`,
    );
  }
  const expected = schemaOfVersion(version);
  const found = schemaOf(sqlite, expected.length + 1);
  if (JSON.stringify(found) === JSON.stringify(expected)) return version;
  throw activityDamaged(path, 'it does not hold the tables that Holdfast makes there, or more than those');
}

/** What to say when `instance.db` is not what it should be. */
export function activityDamaged(path: string, reason: string, cause?: unknown): StartupError {
  return new StartupError(
    'activity_damaged',
    `${path} is damaged: ${reason}. Restore it from your backup, or move it away together with the files that begin with its name: the instance starts a new one, and nothing but the audit log and the list of sessions is lost.`,
    { cause },
  );
}

const schemas = new Map<number, SQLOutputValue[][]>();

function schemaOfVersion(version: number): SQLOutputValue[][] {
  const schema = schemas.get(version) ?? makeSchema(version);
  schemas.set(version, schema);
  return schema;
}

function makeSchema(version: number): SQLOutputValue[][] {
  using sqlite = new DatabaseSync(':memory:');
  for (const migration of migrations.slice(0, Math.max(version, 0))) sqlite.exec(migration);
  return schemaOf(sqlite, Number.MAX_SAFE_INTEGER);
}

function schemaOf(sqlite: DatabaseSync, most: number): SQLOutputValue[][] {
  return sqlite
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2, 3, 4 LIMIT ?')
    .all(most)
    .map((row) => Object.values(row));
}
