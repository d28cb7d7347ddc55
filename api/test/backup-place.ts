import { join } from 'node:path';
import { type BackupRequest, type CreatedBackup, createBackup } from '../src/backup/create-backup.ts';
import { type RestoredInstance, type RestoreRequest, restoreBackup } from '../src/backup/restore-backup.ts';
import { SecretsStore } from '../src/secrets/secrets-store.ts';
import type { Place } from './secrets-place.ts';

export const words = 'correct horse battery staple';

export async function passphrase(): Promise<Uint8Array> {
  return Buffer.from(words);
}

/** Where `backUp` writes. */
export function fileIn({ root }: Place): string {
  return join(root, 'x.backup');
}

export async function backUp(from: Place, changes: Partial<BackupRequest> = {}): Promise<CreatedBackup> {
  const { dataPath, keys } = from.location;
  return createBackup({ dataPath, keys, file: fileIn(from), passphrase, ...changes });
}

/** Restores the backup of `from` into its directory `to`, with a key directory of its own. */
export async function restoreTo(
  from: Place,
  to: string,
  changes: Partial<RestoreRequest> = {},
): Promise<RestoredInstance> {
  return restoreBackup({
    file: fileIn(from),
    passphrase,
    dataPath: join(from.root, to),
    keys: { directory: join(from.root, `${to}-keys`) },
    ...changes,
  });
}

/** Opens restored secrets with the key file that protects them. */
export async function openRestored({ dataPath, protection }: RestoredInstance): Promise<SecretsStore> {
  return SecretsStore.open({
    path: join(dataPath, 'secrets.db'),
    dataPath,
    keys: { directory: '', file: protection.keyLocation },
    mustExist: true,
  });
}
