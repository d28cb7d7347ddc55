// The wrapping key comes from a key file that must lie outside the data directory: whoever copies, backs up or steals
// the data directory does not get the key along with it. There is no fall-back.

import { randomBytes } from 'node:crypto';
import { constants, mkdir, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { syncDirectory, writeNewFile } from '../data-directory/atomic-file.ts';
import { StartupError, systemErrorCode } from '../errors.ts';
import { keyBytes } from './sealing.ts';

/** 32 bytes in base64url without padding, one newline at most. */
const keyFilePattern = /^(?<key>[A-Za-z0-9_-]{43})\r?\n?$/;

/** Where the wrapping key of a data directory lies when no file is named. */
export function defaultKeyFile(keyDirectory: string, dataDirectoryId: string): string {
  return join(keyDirectory, `${dataDirectoryId}.key`);
}

/**
 * Refuses a key file in the data directory it protects, by real paths.
 *
 * @throws StartupError `key_unusable`
 */
export async function refuseKeyInside(dataPath: string, keyFile: string): Promise<void> {
  const [directory, key] = await Promise.all([realPathOf(resolve(dataPath)), realPathOf(resolve(keyFile))]);
  const path = relative(directory, key);
  if (path === '..' || path.startsWith(`..${sep}`) || resolve(path) === path) return;
  throw new StartupError(
    'key_unusable',
    `The key file ${keyFile} lies inside the data directory ${dataPath}, where a copy of the data would carry its key along. Choose a place outside with --key-file.`,
  );
}

/**
 * Reads the wrapping key (32 bytes; the caller zeroes it).
 *
 * @throws StartupError `key_unusable` when the file is missing, readable by others, or holds no key.
 */
export async function readKeyFile(path: string): Promise<Uint8Array> {
  let content: string;
  try {
    await using file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const stats = await file.stat();
    if (!stats.isFile())
      throw new StartupError('key_unusable', `The key file ${path} is not a regular file. ${keyRemedy}`);
    if (process.getuid && stats.uid !== process.getuid() && stats.uid !== 0) {
      throw new StartupError(
        'key_unusable',
        `The key file ${path} belongs to another user (uid ${stats.uid}). Take it over with chown.`,
      );
    }
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
      throw new StartupError(
        'key_unusable',
        `The key file ${path} can be read by other users. Run: chmod 600 ${path}`,
      );
    }
    content = await file.readFile('utf8');
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const reason = {
      ENOENT: 'is missing',
      ELOOP: 'is a symbolic link',
      EACCES: 'may not be read by this user',
    }[systemErrorCode(error) ?? ''];
    throw new StartupError(
      'key_unusable',
      `The key file ${path} ${reason ?? 'cannot be read'}. ${keyRemedy}`,
      { cause: error },
    );
  }
  const key = keyFilePattern.exec(content)?.groups?.key;
  const bytes = key === undefined ? undefined : new Uint8Array(Buffer.from(key, 'base64url'));
  if (bytes?.length !== keyBytes || Buffer.from(bytes).toString('base64url') !== key) {
    throw new StartupError(
      'key_unusable',
      `The key file ${path} does not hold a key (32 bytes in base64url). ${keyRemedy}`,
    );
  }
  return bytes;
}

/**
 * The wrapping key for a data directory that has no secrets yet: the one in `path`, generated and written there
 * (mode 0600) when there is no such file.
 *
 * @throws StartupError `key_unusable`
 */
export async function readOrCreateKeyFile(path: string): Promise<Uint8Array> {
  const key = randomBytes(keyBytes);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeNewFile(path, `${key.toString('base64url')}\n`);
    await syncDirectory(dirname(path));
    return new Uint8Array(key);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return readKeyFile(path);
    throw new StartupError(
      'key_unusable',
      `The key file ${path} cannot be created (${systemErrorCode(error) ?? 'unknown error'}). Choose a writable place outside the data directory with --key-file.`,
      { cause: error },
    );
  } finally {
    key.fill(0);
  }
}

const keyRemedy = 'Restore it from your backup, or name the right one with --key-file.';

/** The real path of what exists of `path`, followed by the rest of it. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' || dirname(path) === path) return path;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}
