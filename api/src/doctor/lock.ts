import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { lockWithContent } from '../data-directory/lock.ts';
import { findLockHolder, findLostHolder } from '../data-directory/lock-holder.ts';
import { type Finding, ok, problem, problemOf } from './finding.ts';

export interface LockExamination {
  readonly finding: Finding;
  /** The process of the instance that runs; undefined when there is none that can be seen from here. */
  readonly holder: number | undefined;
}

/** Says whether a process works on the data directory `path`, and which. */
export async function examineLock(path: string): Promise<LockExamination> {
  const holder = await findLockHolder(path);
  if (holder !== undefined) {
    return { finding: ok('Lock', `Process ${holder} holds it: an instance runs on this data path.`), holder };
  }
  const lost = await findLostHolder(path);
  if (lost !== undefined) {
    const finding = problem(
      'Lock',
      `Process ${lost} works on this data path, but its lock was removed or replaced.`,
      `Stop process ${lost} and start the instance again.`,
    );
    return { finding, holder: lost };
  }
  const lock = join(path, 'lock');
  const stats = await lstat(lock).catch(() => undefined);
  const finding =
    stats?.isFile() && stats.size > 0
      ? problemOf('Lock', lockWithContent(lock))
      : ok('Lock', 'Nobody holds it: no instance runs on this data path.');
  return { finding, holder: undefined };
}
