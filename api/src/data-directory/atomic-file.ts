import { randomBytes } from 'node:crypto';
import { constants, type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const temporarySuffix = /^\.(?<name>.+)\.[0-9a-f]{16}\.tmp$/;

/**
 * Replaces the content of `path` (mode 0600) in one step: a reader, and whoever comes after a crash at any point, finds
 * either the old content or the new one, whole. Once the promise resolves, the new content survives a power cut.
 *
 * @throws the system error of the step that failed; `path` is then unchanged.
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporaryPath = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  try {
    await writeNewFile(temporaryPath, content);
    await rename(temporaryPath, path);
  } catch (error) {
    await unlink(temporaryPath).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Creates `path` (mode 0600, whatever the umask) with `content` and flushes it to the disk.
 *
 * @throws EEXIST when there is anything at `path`, a dangling symbolic link included.
 */
export async function writeNewFile(path: string, content: Uint8Array | string): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const file: FileHandle = await open(path, flags, 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the entries of a directory (a rename, a new file) durable; Windows offers no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Removes what crashes in the middle of `writeFileAtomically` left in `directory`. */
export async function removeTemporaryFiles(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (temporarySuffix.test(name)) await unlink(join(directory, name));
  }
}
