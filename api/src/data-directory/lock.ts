import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartupError } from '../errors.ts';
import { createPrivateFile } from './create-private-file.ts';

const sqliteBusy = 5;

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
export async function lockDataDirectory(path: string): Promise<AsyncDisposable> {
  const lockPath = join(path, 'lock');
  const pidPath = join(path, 'lock.pid');
  createPrivateFile(lockPath);
  createPrivateFile(pidPath);

  const database = openLock(lockPath);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) {
      throw new StartupError(
        'data_path_unusable',
        `The lock file ${lockPath} cannot be used. Make sure that no instance uses this data path, delete that file and start again.`,
        { cause: error },
      );
    }
    const pid = readFileSync(pidPath, 'utf8').trim();
    throw new StartupError(
      'data_directory_locked',
      `The data path ${path} is in use by another Holdfast process${pid && ` (pid ${pid})`}. Stop that process or choose another directory with --data-path.`,
    );
  }
  held.add(database);
  writeFileSync(pidPath, `${process.pid}\n`);
  return {
    [Symbol.asyncDispose]: async () => {
      held.delete(database);
      writeFileSync(pidPath, '');
      database.close();
    },
  };
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
