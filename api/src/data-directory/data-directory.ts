// The data directory is private to the user who runs the instance: 0700, its files 0600, no symbolic links in it, so
// that neither another local user nor a planted link can make the instance read or write somewhere else.

import { chmod, lstat, mkdir, readdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StartupError, systemErrorCode } from '../errors.ts';
import { removeTemporaryFiles } from './atomic-file.ts';
import { lockDataDirectory } from './lock.ts';

/** An instance's data directory, locked for this process until disposed of. */
export interface DataDirectory extends AsyncDisposable {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly secretsPath: string;
  readonly claimCodePath: string;
}

const ownFileNames = ['lock', 'lock.pid', 'secrets.db', 'claim-code'];

/** What file systems and desktops put into directories that people consider empty. */
const ignoredNames = new Set(['lost+found', '.DS_Store']);

/**
 * Creates the data directory where there is none, makes it private and locks it.
 *
 * @throws StartupError `data_path_unusable` (not creatable, not writable, someone else's, holds other things, planted
 *   links) or `data_directory_locked`.
 */
export async function openDataDirectory(requestedPath: string): Promise<DataDirectory> {
  const path = await createDirectory(resolve(requestedPath));
  await refuseForeignDirectory(path);
  try {
    await chmod(path, 0o700);
    for (const name of ownFileNames) await makePrivate(join(path, name));
    const lock = await lockDataDirectory(path);
    try {
      await removeTemporaryFiles(path);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
    return {
      path,
      secretsPath: join(path, 'secrets.db'),
      claimCodePath: join(path, 'claim-code'),
      [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
    };
  } catch (error) {
    throw error instanceof StartupError ? error : unusable(path, error);
  }
}

async function createDirectory(path: string): Promise<string> {
  try {
    const created = await mkdir(path, { recursive: true, mode: 0o700 });
    if (created !== undefined) await chmod(path, 0o700);
    return await realpath(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** A mistyped `--data-path /etc` must neither change the modes of that directory nor scatter files in it. */
async function refuseForeignDirectory(path: string): Promise<void> {
  const { uid } = await lstat(path);
  if (!isOwnOrRoots(uid)) {
    throw new StartupError(
      'data_path_unusable',
      `The data path ${path} belongs to another user (uid ${uid}). Choose a directory of your own with --data-path.`,
    );
  }
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw unusable(path, error);
  }
  const others = names.filter((name) => !ignoredNames.has(name));
  if (others.length > 0 && !ownFileNames.some((name) => others.includes(name))) {
    throw new StartupError(
      'data_path_unusable',
      `The data path ${path} already holds files that are not Holdfast's. Choose an empty or new directory with --data-path.`,
    );
  }
}

async function makePrivate(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!stats) return;
  if (!stats.isFile() || !isOwnOrRoots(stats.uid)) {
    throw new StartupError(
      'data_path_unusable',
      `${path} is not a regular file of yours (a symbolic link, a directory or someone else's). Move it away and start again.`,
    );
  }
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) await chmod(path, 0o600);
}

function isOwnOrRoots(uid: number): boolean {
  return process.getuid === undefined || uid === process.getuid() || uid === 0;
}

function unusable(path: string, cause: unknown): StartupError {
  const reasons: Record<string, string> = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of it is a file, not a directory',
    EEXIST: 'it is a file, not a directory',
    ENOSPC: 'the disk is full',
  };
  const code = systemErrorCode(cause);
  const reason = (code && reasons[code]) ?? code ?? 'unknown error';
  return new StartupError(
    'data_path_unusable',
    `The data path ${path} cannot be used: ${reason}. Choose a directory that you may write to with --data-path.`,
    { cause },
  );
}
