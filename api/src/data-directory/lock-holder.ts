import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { readRegularFile } from './regular-file.ts';

/** The bytes of a file on which SQLite takes its locks (its `PENDING_BYTE` and the 511 that follow). */
const firstLockByte = 0x4000_0000;
const lastLockByte = firstLockByte + 511;

/** A process writes its number there. Of the kernel's list, which is made while it is read, no size is known. */
const largestPidFileBytes = 64;

/**
 * Finds the process that holds the lock of the data directory `path`, without touching that lock: by the kernel's list
 * on Linux, elsewhere by what `lock.pid` says of a process that lives.
 *
 * @returns its pid, undefined when there is none that can be seen from here
 */
export async function findLockHolder(path: string): Promise<number | undefined> {
  const locks = process.platform === 'linux' ? textOf('/proc/locks') : undefined;
  if (locks === undefined) return livingProcess(textOf(join(path, 'lock.pid')));
  const inode = await inodeOf(join(path, 'lock'));
  return inode === undefined ? undefined : holderIn(locks, inode);
}

/**
 * Finds a process that works in the data directory `path` though its lock was removed or replaced: the one that `lock.pid`
 * names, if it holds a lock of SQLite's kind on a file that is not there any more. On Linux only.
 *
 * @returns its pid
 */
export async function findLostHolder(path: string): Promise<number | undefined> {
  const locks = process.platform === 'linux' ? textOf('/proc/locks') : undefined;
  const pid = livingProcess(textOf(join(path, 'lock.pid')));
  if (locks === undefined || pid === undefined) return undefined;
  const inode = await inodeOf(join(path, 'lock'));
  return sqliteLocks(locks).some((lock) => lock.pid === pid && lock.inode !== inode) ? pid : undefined;
}

/**
 * Reads the kernel's list of locks. It names the device too, but not always as `stat` does (Btrfs, overlays).
 *
 * @see {@link https://man7.org/linux/man-pages/man5/proc_locks.5.html proc_locks(5)}
 */
export function holderIn(locks: string, inode: bigint): number | undefined {
  return sqliteLocks(locks).find((lock) => lock.inode === inode)?.pid;
}

function sqliteLocks(locks: string): { readonly pid: number; readonly inode: bigint }[] {
  const line = /^\d+: POSIX +\w+ +WRITE +(?<pid>\d+) [0-9a-f]+:[0-9a-f]+:(?<inode>\d+) (?<start>\d+) /gm;
  return Array.from(locks.matchAll(line), ({ groups = {} }) => ({
    pid: Number(groups.pid),
    inode: BigInt(groups.inode ?? 0),
    start: Number(groups.start),
  })).filter(({ start }) => start >= firstLockByte && start <= lastLockByte);
}

function livingProcess(pidFile: string | undefined): number | undefined {
  const pid = /^[1-9]\d{0,9}$/.exec(pidFile?.trim() ?? '')?.[0];
  if (pid === undefined) return undefined;
  try {
    process.kill(Number(pid), 0);
    return Number(pid);
  } catch (error) {
    return systemErrorCode(error) === 'EPERM' ? Number(pid) : undefined;
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  return (await lstat(path, { bigint: true }).catch(() => undefined))?.ino;
}

function textOf(path: string): string | undefined {
  try {
    return readRegularFile(path, largestPidFileBytes).toString();
  } catch {
    return undefined;
  }
}
