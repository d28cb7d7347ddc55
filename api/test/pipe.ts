import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Puts a pipe at `path` that nobody writes to: whoever opens it for reading waits for ever. */
export async function putPipe(path: string): Promise<void> {
  await rm(path, { force: true });
  await promisify(execFile)('mkfifo', ['-m', '600', path]);
}
