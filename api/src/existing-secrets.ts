// The secrets of an instance that has run, as a command looks at them: it takes no lock and changes nothing.

import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { dataPathUnusable, readLayout, sharedWithCloud } from './data-directory/data-directory.ts';
import { ownFiles } from './data-directory/own-files.ts';
import { StartupError } from './errors.ts';
import type { KeyAccess } from './secrets/key-source.ts';
import type { SecretsLocation, SecretsProtection } from './secrets/secrets-store.ts';

/**
 * Where the secrets of a data directory are; where none have been kept, `mustExist` is false.
 *
 * @throws StartupError `invalid_configuration` for an empty path; `data_path_unusable` when the path is that of
 *   `npm start`, which has the instance below it, or when what is recorded of its layout cannot be read;
 *   `written_by_newer_version`
 */
export async function locateSecrets(
  requestedPath: string,
  keys: KeyAccess,
): Promise<SecretsLocation & { readonly mustExist: boolean }> {
  if (requestedPath.trim() === '')
    throw new StartupError('invalid_configuration', 'The data path is empty. Give --data-path a directory.');
  const dataPath = resolve(requestedPath);
  const inner = await instanceBelow(dataPath);
  if (inner !== undefined) throw sharedWithCloud(dataPath, inner);
  try {
    const layout = readLayout(join(dataPath, 'layout'));
    return {
      path: join(dataPath, 'secrets.db'),
      dataPath,
      keys,
      mustExist: layout !== undefined,
      dataDirectoryId: layout?.dataDirectoryId,
    };
  } catch (error) {
    throw error instanceof StartupError ? error : dataPathUnusable(dataPath, error);
  }
}

/** The data directory of the instance below `dataPath`, when that is one of `npm start`. */
export async function instanceBelow(dataPath: string): Promise<string | undefined> {
  const inner = join(dataPath, 'instance');
  return !(await holdsInstance(dataPath)) && (await holdsInstance(inner)) ? inner : undefined;
}

/** Whether `path` itself is the data directory of an instance. */
export async function holdsInstance(path: string): Promise<boolean> {
  return (await readdir(path).catch(() => [])).some((name) => ownFiles.has(name));
}

/** What has to be handed over by a person or by systemd before the secrets can be opened, and is not at hand. */
export function missingKey(
  { keySource }: Pick<SecretsProtection, 'keySource'>,
  keys: KeyAccess,
): 'passphrase' | 'systemd-credential' | undefined {
  if (keys.source !== undefined && keys.source !== keySource) return undefined;
  if (keySource === 'passphrase' && !keys.passphrase) return keySource;
  if (keySource === 'systemd-credential' && !keys.credentialsDirectory) return keySource;
  return undefined;
}
