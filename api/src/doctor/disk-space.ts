import { statfs } from 'node:fs/promises';
import { type Finding, ok, problem, warning } from './finding.ts';

/** The instance itself needs a few kilobytes; what fills the disk will not stop there. */
const fewBytes = 50_000_000;
/** A save writes all of `secrets.db` anew, and `instance.db` grows by pages. */
const tooFewBytes = 1_000_000;

const makeRoom = 'Make room on the disk of the data directory';

/** Looks how much room the file system of the data directory `path` has. */
export async function examineDiskSpace(path: string): Promise<Finding> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  // Where files are not counted, there are none in all.
  return judgeDiskSpace({ bytes: bavail * bsize, files: files === 0 ? Number.POSITIVE_INFINITY : ffree });
}

/** @param free what this user may fill: bytes, and files to be created */
export function judgeDiskSpace(free: { readonly bytes: number; readonly files: number }): Finding {
  const { bytes, files } = free;
  if (files === 0) {
    return problem(
      'Disk space',
      'No file can be created any more: the disk has no inodes left.',
      `${makeRoom}: remove files that nobody needs.`,
    );
  }
  const size =
    bytes < 1e9 ? `${Math.floor(bytes / 1e6)} MB are free.` : `${Math.floor(bytes / 1e9)} GB are free.`;
  if (bytes < tooFewBytes) {
    return problem(
      'Disk space',
      `The disk is full: ${size}`,
      `${makeRoom}: until then nothing can be saved.`,
    );
  }
  return bytes < fewBytes
    ? warning('Disk space', size, `${makeRoom}, before saves fail.`)
    : ok('Disk space', size);
}
