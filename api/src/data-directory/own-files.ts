// What Holdfast keeps in a data directory, file by file. A new kind of file gets a line here, or backups leave it out.

import { targetOfTemporaryFile } from './atomic-file.ts';

/** How a file gets into a backup that is made while the instance runs. */
export type BackupKind =
  /** It is replaced as a whole at every change: what one reading finds is consistent. */
  | 'atomic-file'
  /** A SQLite database in use, WAL mode included: SQLite itself takes a snapshot of it. */
  | 'sqlite'
  /** `secrets.db`: as an atomic file, but wrapped by the passphrase of the backup instead of the wrapping key. */
  | 'secrets'
  /** It belongs to the machine or to the moment, not to the instance. */
  | 'never';

export type FileTable = ReadonlyMap<string, BackupKind>;

export const ownFiles: FileTable = new Map([
  ['lock', 'never'],
  // SQLite's, for as long as the lock is held.
  ['lock-journal', 'never'],
  ['lock.pid', 'never'],
  ['layout', 'atomic-file'],
  ['secrets.db', 'secrets'],
  ['instance.db', 'sqlite'],
  ['claim-code', 'never'],
]);

/** What file systems and desktops put into directories that people consider empty. */
export const ignoredNames: ReadonlySet<string> = new Set(['lost+found', '.DS_Store']);

/** What SQLite puts beside a database, as ends of names. */
export const companions = ['-wal', '-shm', '-journal'];
const sqliteCompanion = new RegExp(`(?:${companions.join('|')})$`);

/** All names that Holdfast uses in a data directory, but for those of temporary files. */
export const ownNames: readonly string[] = Array.from(ownFiles, ([name, kind]) =>
  kind === 'sqlite' ? [name, ...companions.map((companion) => name + companion)] : [name],
).flat();

/** The names among `names` that are not Holdfast's; temporary files are, under way or left by a crash. */
export function foreignNames(names: readonly string[], table: FileTable = ownFiles): string[] {
  const isOwn = (name: string) =>
    table.has(name) ||
    table.get(name.replace(sqliteCompanion, '')) === 'sqlite' ||
    targetOfTemporaryFile(name) !== undefined;
  return names.filter((name) => !isOwn(name) && !ignoredNames.has(name));
}
