import { isOwnOrRoots, readJudgedFile } from '../data-directory/regular-file.ts';
import { StartupError, systemErrorCode } from '../errors.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'is missing',
  ELOOP: 'is a symbolic link',
  EACCES: 'may not be read by this user',
};

/**
 * Reads a file that holds a secret (by default at most 4 KiB; the caller zeroes the bytes): a regular file of this user
 * or root that others may not read, never through a symbolic link.
 *
 * @param what how messages call the file, such as "key file"
 * @throws StartupError `key_unusable`
 */
export async function readPrivateFile(
  what: string,
  path: string,
  {
    remedy,
    mayGroupRead = false,
    largestBytes = 4_096,
  }: { remedy: string; mayGroupRead?: boolean; largestBytes?: number },
): Promise<Buffer> {
  const refuse = (problem: string, cause?: unknown) =>
    new StartupError('key_unusable', `The ${what} ${path} ${problem}`, { cause });
  try {
    return readJudgedFile(path, (stats) => {
      if (!stats.isFile()) throw refuse(`is not a regular file. ${remedy}`);
      if (!isOwnOrRoots(stats.uid))
        throw refuse(
          `belongs to another user (uid ${stats.uid}). Run this as that user; if the file is to be yours, take it over with chown.`,
        );
      if (process.platform !== 'win32' && (stats.mode & (mayGroupRead ? 0o007 : 0o077)) !== 0)
        throw refuse(`can be read by other users. Run: chmod 600 ${path}`);
      if (stats.size > largestBytes) throw refuse(`is too large (${stats.size} bytes). ${remedy}`);
    });
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw refuse(`${reasons[systemErrorCode(error) ?? ''] ?? 'cannot be read'}. ${remedy}`, error);
  }
}
