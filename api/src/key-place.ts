import { dirname } from 'node:path';
import { weaknessOfKeyDirectory } from './secrets/key-file.ts';
import type { SecretsProtection } from './secrets/secrets-store.ts';
import { shellWord } from './shell-word.ts';

/**
 * What is wrong with the place of a key file that opens the secrets, and what to do about it; undefined when it is safe
 * there.
 *
 * @throws the system error of looking at it
 */
export function weaknessOfKeyPlace({
  keySource,
  keyLocation,
}: Pick<SecretsProtection, 'keySource' | 'keyLocation'>):
  | { readonly message: string; readonly remedy: string }
  | undefined {
  if (keySource !== 'key-file' || keyLocation === undefined) return undefined;
  const directory = dirname(keyLocation);
  const weakness = weaknessOfKeyDirectory(directory);
  return weakness === undefined
    ? undefined
    : {
        message: `The key file opens the secrets, but its directory ${directory} ${weakness}, who could replace it.`,
        remedy: `Run: chmod go-w ${shellWord(directory)}, or keep the key in a directory of yours and name it with --key-file.`,
      };
}
