import { unlink } from 'node:fs/promises';
import { diskSteps, type FileSteps, writeFileAtomically } from '../data-directory/atomic-file.ts';
import { systemErrorCode } from '../errors.ts';

/** Puts the claim code where only those find it who may read the data directory (mode 0600). */
export async function writeClaimCodeFile(
  path: string,
  code: string,
  steps: FileSteps = diskSteps,
): Promise<void> {
  await writeFileAtomically(path, `${code}\n`, steps);
}

/** Removes the claim code's file, also one that a crash left behind. */
export async function removeClaimCodeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  }
}
