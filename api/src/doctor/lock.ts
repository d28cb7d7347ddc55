import { findLockHolder } from '../data-directory/lock-holder.ts';
import { type Finding, ok } from './finding.ts';

export interface LockExamination {
  readonly finding: Finding;
  /** The process of the instance that runs; undefined when there is none that can be seen from here. */
  readonly holder: number | undefined;
}

/** Says whether a process works on the data directory `path`, and which. */
export async function examineLock(path: string): Promise<LockExamination> {
  const holder = await findLockHolder(path);
  const finding = ok(
    'Lock',
    holder === undefined
      ? 'Nobody holds it: no instance runs on this data path.'
      : `Process ${holder} holds it: an instance runs on this data path.`,
  );
  return { finding, holder };
}
