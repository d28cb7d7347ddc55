import { existsSync, rmSync, statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { createPrivateFile } from '../data-directory/create-private-file.ts';
import { openGuarded, openUntouched } from '../data-directory/untouched-database.ts';
import { isSystemError, StartupError, sqlitePlaceProblem, systemErrorReason } from '../errors.ts';
import { activityDamaged, assertOwnSchema } from './activity-schema.ts';
import { migrations } from './migrations.ts';

/** Beyond this the write-ahead log gives its place on the disk back, in bytes. */
const journalSizeLimit = 16_777_216;

/** How long the moments may last in which a backup keeps the database to itself, in milliseconds. */
const openingTimeout = 1_000;

/** `instance.db`: what happened at this instance. Only this process writes to it, by the lock on the data directory. */
export class ActivityDatabase implements Disposable {
  readonly #sqlite: DatabaseSync;

  private constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  /**
   * Opens the database, creates it (0600) where there is none, and brings its tables up to date. When that fails, nothing
   * is left that was not there before, and what was there has not changed.
   *
   * @throws {StartupError} `written_by_newer_version`, `activity_damaged`, or `data_path_unusable`
   */
  static open(path: string): ActivityDatabase {
    const removeTraces = tracesOf(path);
    let sqlite: DatabaseSync | undefined;
    try {
      createPrivateFile(path);
      inspectActivity(path, { mayIndexLog: true });
      sqlite = openGuarded(path, { timeout: openingTimeout });
      // Once more: a journal that somebody put there is played back only now.
      const version = assertOwnSchema(sqlite, path);
      // NORMAL syncs at checkpoints only. A crash of the process loses nothing that was written; a power cut may take
      // the last entries but never damages the file. FULL would stop every request while the disk syncs.
      sqlite.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA journal_size_limit = ${journalSizeLimit};
      `);
      migrate(sqlite, version);
      // A backup reads beside us; nobody else may write, so nothing is worth waiting for.
      sqlite.exec('PRAGMA busy_timeout = 0');
      return new ActivityDatabase(sqlite);
    } catch (error) {
      sqlite?.close();
      removeTraces();
      throw error instanceof StartupError ? error : activityUnusable(path, error);
    }
  }

  prepare(sql: string): StatementSync {
    return this.#sqlite.prepare(sql);
  }

  /** Does all of `work` or, when it throws, nothing of it. */
  transaction(work: () => void): void {
    inTransaction(this.#sqlite, work);
  }

  [Symbol.dispose](): void {
    this.#sqlite.close();
  }
}

/**
 * Makes sure that `instance.db` can be used, and changes nothing.
 *
 * @throws {StartupError} `written_by_newer_version` or `activity_damaged`; the error of SQLite
 */
export function inspectActivity(path: string, options: { mayIndexLog?: boolean } = {}): void {
  using sqlite = openUntouched(path, options);
  assertOwnSchema(sqlite, path);
}

function migrate(sqlite: DatabaseSync, version: number): void {
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    inTransaction(sqlite, () => sqlite.exec(`${migration}; PRAGMA user_version = ${index + 1}`));
  }
}

/**
 * Remembers which files of a database are there.
 *
 * @returns removes those that have come since, but for a log with changes to a database that was there: SQLite may have
 *   begun to carry them over
 */
function tracesOf(path: string): () => void {
  const log = `${path}-wal`;
  const missing = [path, log, `${path}-shm`].filter((name) => !existsSync(name));
  return () => {
    const holdsChanges = missing.includes(log) && (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0;
    if (holdsChanges && !missing.includes(path)) return;
    for (const name of missing) rmSync(name, { force: true });
  };
}

function inTransaction(sqlite: DatabaseSync, work: () => void): void {
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    work();
    sqlite.exec('COMMIT');
  } catch (error) {
    // After some failures, such as a full disk, SQLite has rolled back by itself.
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

/** What to say when `instance.db` cannot be opened or is not what it should be. */
export function activityUnusable(path: string, cause: unknown): StartupError {
  const problem = isSystemError(cause) ? systemErrorReason(cause) : sqlitePlaceProblem(cause);
  if (problem !== undefined) {
    return new StartupError(
      'data_path_unusable',
      `${path} cannot be used: ${problem}. Make sure that this user may write to it and that the disk has room, then start again.`,
      { cause },
    );
  }
  return activityDamaged(path, 'it cannot be read as the database of what happened at this instance', cause);
}
