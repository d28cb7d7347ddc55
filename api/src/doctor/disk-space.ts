import { statfs } from 'node:fs/promises';
import { type Finding, ok, warning } from './finding.ts';

/** The instance itself needs a few kilobytes; what fills the disk will not stop there. */
const fewBytes = 50_000_000;

/** Looks how much room the file system of the data directory `path` has. */
export async function examineDiskSpace(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  return judgeDiskSpace(bavail * bsize);
}

/** @param freeBytes that this user may fill */
export function judgeDiskSpace(freeBytes: number): Finding {
  const free =
    freeBytes < 1e9
      ? `${Math.floor(freeBytes / 1e6)} MB are free.`
      : `${Math.floor(freeBytes / 1e9)} GB are free.`;
  return freeBytes < fewBytes
    ? warning('Disk space', free, 'Make room on the disk of the data directory, before saves fail.')
    : ok('Disk space', free);
}
