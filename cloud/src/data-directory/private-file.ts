import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/**
 * Reads a file that only its owner may read, and creates it with `create()` on the first start. The file appears whole
 * or not at all (temporary file, fsync, rename, fsync of the directory) and has mode 0600 whatever the umask.
 */
export function readOrCreatePrivateFile(path: string, create: () => string): string {
  try {
    const content = readFileSync(path, 'utf8');
    chmodSync(path, 0o600);
    return content;
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
  const content = create();
  writePrivateFile(path, content);
  return content;
}

/** True for what a crash in the middle of `writePrivateFile` leaves. */
export function isTemporaryFile(name: string): boolean {
  return /^.+\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** Writes a whole file with mode 0600, atomically. */
export function writePrivateFile(path: string, content: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** A rename is durable only once its directory is; Windows has no such call. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
