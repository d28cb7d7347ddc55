import { findLockHolder } from '../data-directory/lock-holder.ts';
import { type Finding, ok } from './finding.ts';

/** Says whether a process works on the data directory `path`, and which. */
export async function examineLock(path: string): Promise<Finding> {
  const holder = await findLockHolder(path);
  return ok(
    'Lock',
    holder === undefined
      ? 'Nobody holds it: no instance runs on this data path.'
      : `Process ${holder} holds it: an instance runs on this data path.`,
  );
}
