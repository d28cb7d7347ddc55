import { type BigIntStats, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isSqliteBusy, StartupError, sqlitePlaceProblem } from '../errors.ts';
import { diskSteps } from './atomic-file.ts';
import { createPrivateFile } from './create-private-file.ts';
import { readRegularFile } from './regular-file.ts';

/** The lock of a data directory, until disposed of. */
export interface DirectoryLock extends AsyncDisposable {
  /**
   * Makes sure that the lock is still the one that others would find.
   *
   * @throws StartupError `lock_lost`
   */
  assertHeld(): void;
}

/** Locks live here until they are given back: a collected database would silently give up its lock. */
const held = new Set<DatabaseSync>();

/**
 * Makes this process the only one that works in the directory `path`, until disposed of or dead.
 *
 * The lock is the operating system's, taken by SQLite on the file `lock`: a crash, even `kill -9`, releases it, so it
 * can never be stale. `lock.pid` merely names the holder for the message.
 *
 * @throws StartupError `data_directory_locked` when another process, or this one, holds the lock.
 */
export async function lockDataDirectory(path: string): Promise<DirectoryLock> {
  const lockPath = join(path, 'lock');
  const pidPath = join(path, 'lock.pid');
  createPrivateFile(lockPath);
  refuseContent(lockPath);

  const database = openLock(lockPath);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isSqliteBusy(error)) {
      throw new StartupError(
        'data_path_unusable',
        `The lock file ${lockPath} cannot be used: ${sqlitePlaceProblem(error) ?? 'unknown error'}. Make sure that the disk has room and that this user may write to the data path.`,
        { cause: error },
      );
    }
    const pid = readHolder(pidPath);
    throw new StartupError(
      'data_directory_locked',
      `The data path ${path} is in use by another Holdfast process${pid && ` (pid ${pid})`}. Stop that process or choose another directory with --data-path.`,
    );
  }
  held.add(database);
  try {
    nameHolder(pidPath);
  } catch (error) {
    held.delete(database);
    rmSync(pidPath, { force: true });
    database.close();
    throw error;
  }
  const locked = identityOf(lockPath);
  return {
    assertHeld() {
      const found = identityOf(lockPath);
      if (found !== undefined && found?.ino === locked?.ino && found?.dev === locked?.dev) return;
      throw new StartupError(
        'lock_lost',
        `${lockPath} was removed or replaced while this instance was running, so another process may work in ${path}. Nothing was saved. Stop all processes that use this data path, then start one.`,
      );
    },
    [Symbol.asyncDispose]: async () => {
      held.delete(database);
      rmSync(pidPath, { force: true });
      database.close();
    },
  };
}

/** A new file, so that a link in its place leads nowhere; not synchronized, as it is worth nothing after a crash. */
function nameHolder(pidPath: string): void {
  rmSync(pidPath, { force: true });
  using file = diskSteps.createExclusively(pidPath);
  file.write(`${process.pid}\n`);
}

function identityOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Nothing is ever written to the lock; of an empty one SQLite plays no journal back, whoever put it there. */
function refuseContent(path: string): void {
  if ((lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) throw lockWithContent(path);
}

/** What to say of a lock file that is not empty. */
export function lockWithContent(path: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `${path} holds something that Holdfast never writes there. Move it away and start again.`,
  );
}

function readHolder(pidPath: string): string {
  try {
    return /^\d{1,10}$/.exec(readRegularFile(pidPath, 64).toString().trim())?.[0] ?? '';
  } catch {
    return '';
  }
}

function openLock(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw new StartupError(
      'data_path_unusable',
      `The lock file ${path} cannot be opened. Make sure that you own the data path, or choose another with --data-path.`,
      { cause: error },
    );
  }
}
