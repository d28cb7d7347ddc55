// A random wrapping key in a file, by default one for each data directory and in another place than the data.

import { randomBytes } from 'node:crypto';
import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  createDirectories,
  createFileAtomically,
  diskSteps,
  type FileSteps,
  removeTemporaryFiles,
} from '../data-directory/atomic-file.ts';
import { isInside } from '../data-directory/inside.ts';
import { isOwnOrRoots } from '../data-directory/regular-file.ts';
import { StartupError, systemErrorCode, systemErrorReason } from '../errors.ts';
import { readPrivateFile } from './private-file.ts';
import { keyBytes } from './sealing.ts';

const defaultFlag = '--key-file';

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
export function refuseKeyInside(
  dataPath: string,
  keyFile: string,
  flag: string = defaultFlag,
  what = 'key file',
): void {
  if (!isInside(dataPath, keyFile)) return;
  throw new StartupError(
    'key_unusable',
    `The ${what} ${keyFile} lies inside the data directory ${dataPath}, where a copy of the data would carry it along. Choose a place outside with ${flag}.`,
  );
}

/**
 * Reads the wrapping key (32 bytes; the caller zeroes it).
 *
 * @throws StartupError `key_unusable` when the file is missing, readable by others, or holds no key.
 */
export async function readKeyFile(path: string, flag: string = defaultFlag): Promise<Uint8Array> {
  const remedy = `Restore it from your backup, or name the right one with ${flag}. If it is lost for good, restore a backup of the instance with holdfast restore, or move secrets.db away and start with --reset-credentials.`;
  return parseKey(await readPrivateFile('key file', path, { remedy }), path, remedy);
}

/**
 * Reads 32 bytes in base64url, which may end with a newline.
 *
 * @param content zeroed
 * @throws StartupError `key_unusable`
 */
export function parseKey(content: Buffer, path: string, remedy: string): Uint8Array {
  const text = content.toString('latin1');
  content.fill(0);
  const key = keyPattern.exec(text)?.groups?.key;
  const bytes = key === undefined ? undefined : Buffer.from(key, 'base64url');
  if (bytes?.length !== keyBytes || bytes.toString('base64url') !== key) {
    throw new StartupError('key_unusable', `${path} does not hold a key (32 bytes in base64url). ${remedy}`);
  }
  return bytes;
}

/**
 * The wrapping key for a data directory that has no secrets yet: the one in `path`, generated and written there
 * (mode 0600) when there is no such file.
 *
 * @throws StartupError `key_unusable`
 */
export async function readOrCreateKeyFile(
  path: string,
  steps: FileSteps = diskSteps,
  flag: string = defaultFlag,
): Promise<Uint8Array> {
  if (!(await createKeyFile(path, steps, flag))) await settleKeyFile(path, steps);
  return readKeyFile(path, flag);
}

/**
 * Makes a key file under the first free name in the key directory, durably. Names that are taken are those of other
 * copies of the same data directory, or of keys that it had before.
 *
 * @param after the generation of the key before: deleted since or not, its name is not used for another key
 * @throws StartupError `key_unusable`
 */
export async function createNextKeyFile(
  keyDirectory: string,
  dataDirectoryId: string,
  steps: FileSteps = diskSteps,
  after = 0,
): Promise<{ path: string; generation: number }> {
  for (let generation = after + 1; ; generation += 1) {
    const path = defaultKeyFile(keyDirectory, dataDirectoryId, generation);
    if (await createKeyFile(path, steps)) return { path, generation };
  }
}

/**
 * Why a key file is not safe in `directory`: its owner or others could put another file in its place. Undefined when it
 * is. The bits of a directory with the sticky bit (`/tmp`) are fine: only the owner of a file replaces it there.
 *
 * @throws the system error of looking at it
 */
export function weaknessOfKeyDirectory(directory: string): string | undefined {
  const { uid, mode } = statSync(directory);
  if (process.platform === 'win32') return undefined;
  if (!isOwnOrRoots(uid)) return `belongs to another user (uid ${uid})`;
  return (mode & 0o022) !== 0 && (mode & 0o1000) === 0 ? 'can be written by other users' : undefined;
}

/**
 * Makes a key file (mode 0600) with a new key, durably.
 *
 * @returns whether it was made: false when there is anything at `path`
 * @throws StartupError `key_unusable`
 */
export async function createKeyFile(
  path: string,
  steps: FileSteps = diskSteps,
  flag: string = defaultFlag,
): Promise<boolean> {
  const key = randomBytes(keyBytes);
  const directory = dirname(path);
  try {
    if (lstatSync(path, { throwIfNoEntry: false })) return false;
    await createDirectories(directory, steps);
    const weakness = weaknessOfKeyDirectory(directory);
    if (weakness !== undefined) throw unsafeDirectory(directory, weakness, flag);
    await createFileAtomically(path, `${key.toString('base64url')}\n`, steps);
    return true;
  } catch (error) {
    if (error instanceof StartupError) throw error;
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw new StartupError(
      'key_unusable',
      `The key file ${path} cannot be created: ${systemErrorReason(error)}. Choose a writable place outside the data directory with ${flag}.`,
      { cause: error },
    );
  } finally {
    key.fill(0);
  }
}

/**
 * Makes durable a key file that was there already: a crash may have come right after it was created, when its directory
 * was not synchronized yet, and a copy of the key still lay in the temporary file.
 */
async function settleKeyFile(path: string, steps: FileSteps): Promise<void> {
  const directory = dirname(path);
  if (!isWritable(directory)) return;
  removeTemporaryFiles(directory, { target: basename(path), steps });
  await steps.syncDirectory(directory);
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

function unsafeDirectory(directory: string, weakness: string, flag: string): StartupError {
  return new StartupError(
    'key_unusable',
    `No key is put into ${directory}, because it ${weakness}, who could replace the key. Run: chmod go-w ${directory}, or choose another place with ${flag}.`,
  );
}
