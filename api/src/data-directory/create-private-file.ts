import { chmodSync, closeSync, openSync } from 'node:fs';
import { systemErrorCode } from '../errors.ts';

/**
 * Creates an empty file of mode 0600, whatever the umask, unless there is one. An existing file is never opened:
 * closing any descriptor of a file that SQLite has locked in the same process would release the lock (POSIX `fcntl`
 * locks belong to process and file).
 *
 * @throws the system error, unless it is that the file exists
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    chmodSync(path, 0o600);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}
