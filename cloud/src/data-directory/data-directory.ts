import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartupError } from '../errors.ts';
import { isTemporaryFile, writePrivateFile } from './private-file.ts';

/** The cloud's data directory, held by this process alone until it is disposed of. */
export interface DataDirectory extends Disposable {
  readonly path: string;
  /** The path of a file in it. */
  file(name: DataFileName): string;
}

export type DataFileName = (typeof ownFileNames)[number];

const ownFileNames = ['lock', 'lock.pid', 'keys.json', 'cloud.db', 'cloud.db-wal', 'cloud.db-shm'] as const;

/** What file systems and desktops put into directories that people consider empty. */
const ignoredNames = ['lost+found', '.DS_Store'];

/** Locks live here until they are given back: a collected database would silently give up its lock. */
const locks = new Set<DatabaseSync>();

/**
 * Creates the directory if need be, makes it and what is in it private (0700, 0600) and locks it. The lock is one of
 * the operating system, taken by SQLite on the file `lock`: a crash releases it, so a stale one cannot exist.
 *
 * @throws {StartupError} `data_path_unusable`, or `data_path_locked` while another process holds it
 */
export function openDataDirectory(path: string): DataDirectory {
  let lock: DatabaseSync | undefined;
  try {
    createDirectories(path);
    refuseForeignDirectory(path);
    refuseForeignOwner(path, statSync(path).uid);
    chmodSync(path, 0o700);
    for (const name of ownFileNames) makePrivate(join(path, name));
    createPrivately(join(path, 'lock'));
    lock = lockExclusively(path);
    for (const name of readdirSync(path).filter(isTemporaryFile)) unlinkSync(join(path, name));
    writePrivateFile(join(path, 'lock.pid'), `${process.pid}\n`);
  } catch (error) {
    lock?.close();
    if (error instanceof StartupError) throw error;
    throw new StartupError(
      'data_path_unusable',
      `The cloud cannot use the data directory ${path} (${reasonOf(error)}). Make it writable for this user, or choose another with --data-path.`,
      { cause: error },
    );
  }
  const held = lock;
  locks.add(held);
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => {
      locks.delete(held);
      held.close();
    },
  };
}

/** Step by step, because Node's own recursion never ends where a file system has no room for directories (/proc). */
function createDirectories(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  createDirectories(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Creates an empty file with mode 0600 if there is none, so that SQLite never creates it with a wider one. */
export function createPrivately(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

/** A mistyped `--data-path /etc` must neither change the modes of that directory nor scatter files in it. */
function refuseForeignDirectory(path: string): void {
  const names = readdirSync(path).filter((name) => !ignoredNames.includes(name));
  if (names.length === 0 || ownFileNames.some((name) => names.includes(name))) return;
  throw new StartupError(
    'data_path_unusable',
    `The data directory ${path} already holds files that are not Holdfast's. Choose an empty or new directory with --data-path.`,
  );
}

/** A planted link must not make the cloud read, write or open up a file somewhere else. */
function makePrivate(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  refuseForeignOwner(path, stats.uid);
  if (!stats.isFile()) {
    throw new StartupError(
      'data_path_unusable',
      `The cloud cannot use ${path}: it is not a regular file but a link or a directory. Move it away and start again.`,
    );
  }
  chmodSync(path, 0o600);
}

/** Whoever owns the keys can sign anybody in: those that another user planted are not used, not even by root. */
function refuseForeignOwner(path: string, uid: number): void {
  const own = process.getuid?.();
  if (own === undefined || own === uid) return;
  throw new StartupError(
    'data_path_unusable',
    `${path} belongs to another user (uid ${uid}). Choose a directory of your own with --data-path.`,
  );
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

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'no directory can be made there',
  ENOTDIR: 'a part of it is a file, not a directory',
  EEXIST: 'it is a file, not a directory',
  ENOSPC: 'the disk is full',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}
