import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { createPrivateFile } from '../data-directory/create-private-file.ts';
import { isSystemError, StartupError, sqlitePlaceProblem, systemErrorReason } from '../errors.ts';
import { migrations } from './migrations.ts';

/** Beyond this the write-ahead log gives its place on the disk back, in bytes. */
const journalSizeLimit = 16_777_216;

/** `instance.db`: what happened at this instance. Only this process writes to it, by the lock on the data directory. */
export class ActivityDatabase implements Disposable {
  readonly #sqlite: DatabaseSync;

  private constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  /**
   * Opens the database, creates it (0600) where there is none, and brings its tables up to date.
   *
   * @throws {StartupError} `written_by_newer_version`, `activity_damaged`, or `data_path_unusable`
   */
  static open(path: string): ActivityDatabase {
    let sqlite: DatabaseSync | undefined;
    try {
      createPrivateFile(path);
      // A backup reads beside us; nobody else may write, so nothing is worth waiting for.
      sqlite = new DatabaseSync(path, { timeout: 0 });
      // NORMAL syncs at checkpoints only. A crash of the process loses nothing that was written; a power cut may take
      // the last entries but never damages the file. FULL would stop every request while the disk syncs.
      sqlite.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA journal_size_limit = ${journalSizeLimit};
      `);
      migrate(sqlite, path);
      return new ActivityDatabase(sqlite);
    } catch (error) {
      sqlite?.close();
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

function migrate(sqlite: DatabaseSync, path: string): void {
  const { user_version: version } = sqlite.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > migrations.length) {
    throw new StartupError(
      'written_by_newer_version',
      `${path} was written by a newer version of Holdfast (version ${version}; this one reads up to ${migrations.length}). Use that version, or choose another directory with --data-path; nothing has been changed.`,
    );
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    inTransaction(sqlite, () => sqlite.exec(`${migration}; PRAGMA user_version = ${index + 1}`));
  }
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
  return new StartupError(
    'activity_damaged',
    `${path} is damaged: it cannot be read as the database of what happened at this instance. Restore it from your backup, or move it away together with the files that begin with its name: the instance starts a new one, and nothing but the audit log and the list of sessions is lost.`,
    { cause },
  );
}
