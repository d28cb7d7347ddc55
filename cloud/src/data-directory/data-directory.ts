import { chmodSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartupError } from '../errors.ts';
import { writePrivateFile } from './private-file.ts';

/** The cloud's data directory, held by this process alone until it is disposed of. */
export interface DataDirectory extends Disposable {
  readonly path: string;
  /** The path of a file in it. */
  file(name: string): string;
}

/**
 * Creates the directory if need be (mode 0700) and locks it. The lock is one of the operating system, taken by SQLite
 * on the file `lock`: a crash releases it, so a stale one cannot exist.
 *
 * @throws {StartupError} `data_path_unusable`, or `data_path_locked` while another process holds it
 */
export function openDataDirectory(path: string): DataDirectory {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    createPrivately(join(path, 'lock'));
  } catch (error) {
    throw new StartupError(
      'data_path_unusable',
      `The cloud cannot use the data directory ${path} (${reasonOf(error)}). Make it writable for this user, or choose another with --data-path.`,
      { cause: error },
    );
  }
  const lock = lockExclusively(path);
  writePrivateFile(join(path, 'lock.pid'), `${process.pid}\n`);
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => lock.close(),
  };
}

/** Creates an empty file with mode 0600 if there is none, so that SQLite never creates it with a wider one. */
export function createPrivately(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

function lockExclusively(path: string): DatabaseSync {
  const database = new DatabaseSync(join(path, 'lock'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;');
    return database;
  } catch (error) {
    database.close();
    throw new StartupError(
      'data_path_locked',
      `Another cloud${holderOf(path)} already runs on the data directory ${path}. Stop it, or choose another directory with --data-path.`,
      { cause: error },
    );
  }
}

function holderOf(path: string): string {
  try {
    const pid = readFileSync(join(path, 'lock.pid'), 'utf8').trim();
    return /^\d+$/.test(pid) ? ` (process ${pid})` : '';
  } catch {
    return '';
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
