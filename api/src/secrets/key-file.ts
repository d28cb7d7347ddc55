// A random wrapping key in a file, by default one for each data directory and in another place than the data.

import { randomBytes } from 'node:crypto';
import { accessSync, constants, lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import {
  createDirectories,
  createFileAtomically,
  diskSteps,
  type FileSteps,
  removeTemporaryFiles,
} from '../data-directory/atomic-file.ts';
import { StartupError, systemErrorCode } from '../errors.ts';
import { readPrivateFile } from './private-file.ts';
import { keyBytes } from './sealing.ts';

/** 32 bytes in base64url without padding, one newline at most. */
const keyPattern = /^(?<key>[A-Za-z0-9_-]{43})\r?\n?$/;

/** Where the wrapping key of a data directory lies when no file is named; `generation` counts from 1. */
export function defaultKeyFile(keyDirectory: string, dataDirectoryId: string, generation: number): string {
  return join(keyDirectory, `${dataDirectoryId}${generation === 1 ? '' : `.${generation}`}.key`);
}

/**
 * Refuses a key file in the data directory it protects, by real paths.
 *
 * @throws StartupError `key_unusable`
 */
export async function refuseKeyInside(dataPath: string, keyFile: string): Promise<void> {
  const directory = realPathOf(resolve(dataPath));
  const key = realPathOf(resolve(keyFile));
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
  return parseKey(await readPrivateFile('key file', path, { remedy: keyRemedy }), path);
}

/**
 * Reads 32 bytes in base64url, which may end with a newline.
 *
 * @param content zeroed
 * @throws StartupError `key_unusable`
 */
export function parseKey(content: Buffer, path: string): Uint8Array {
  const text = content.toString('latin1');
  content.fill(0);
  const key = keyPattern.exec(text)?.groups?.key;
  const bytes = key === undefined ? undefined : Buffer.from(key, 'base64url');
  if (bytes?.length !== keyBytes || bytes.toString('base64url') !== key) {
    throw new StartupError(
      'key_unusable',
      `${path} does not hold a key (32 bytes in base64url). ${keyRemedy}`,
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
export async function readOrCreateKeyFile(path: string, steps: FileSteps = diskSteps): Promise<Uint8Array> {
  const key = randomBytes(keyBytes);
  try {
    if (lstatSync(path, { throwIfNoEntry: false })) return await takeOverKeyFile(path, steps);
    await createDirectories(dirname(path), steps);
    await createFileAtomically(path, `${key.toString('base64url')}\n`, steps);
    return new Uint8Array(key);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    // Another instance, which is to have the same key, was a moment faster.
    if (systemErrorCode(error) === 'EEXIST') return takeOverKeyFile(path, steps);
    throw new StartupError(
      'key_unusable',
      `The key file ${path} cannot be created (${systemErrorCode(error) ?? 'unknown error'}). Choose a writable place outside the data directory with --key-file.`,
      { cause: error },
    );
  } finally {
    key.fill(0);
  }
}

/**
 * Reads a key file that was there already. A crash may have come right after it was created: when its directory was not
 * synchronized yet, and a copy of the key still lay in the temporary file.
 */
async function takeOverKeyFile(path: string, steps: FileSteps): Promise<Uint8Array> {
  const directory = dirname(path);
  if (isWritable(directory)) {
    removeTemporaryFiles(directory, { target: basename(path), steps });
    await steps.syncDirectory(directory);
  }
  return readKeyFile(path);
}

/** Whether this process could have created something there. */
function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const keyRemedy = 'Restore it from your backup, or name the right one with --key-file.';

/** The real path of what exists of `path`, followed by the rest of it. */
function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' || dirname(path) === path) return path;
    return join(realPathOf(dirname(path)), basename(path));
  }
}
