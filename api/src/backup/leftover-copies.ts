import { lstatSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { targetOfTemporaryFile } from '../data-directory/atomic-file.ts';
import type { FileTable } from '../data-directory/own-files.ts';
import { isOwnOrRoots } from '../data-directory/regular-file.ts';
import { openGuarded } from '../data-directory/untouched-database.ts';
import { isSqliteBusy } from '../errors.ts';

/** SQLite locks a copy from its first page on; before that, and once it is whole, it is without a lock for a moment. */
const longestMoment = 60_000;

const journal = '-journal';

/**
 * Removes the copies of databases that killed backups have left among `names` in the directory `path`, and none that
 * another backup is making.
 *
 * @returns the names of those that are gone
 */
export function removeLeftoverCopies(path: string, names: readonly string[], table: FileTable): string[] {
  const copies = names
    .filter((name) => table.get(targetOfTemporaryFile(name) ?? '') === 'sqlite')
    .map((name) => (name.endsWith(journal) ? name.slice(0, -journal.length) : name));
  return [...new Set(copies)].filter((name) => removeUnlessAlive(join(path, name)));
}

function removeUnlessAlive(path: string): boolean {
  const found = [path, `${path}${journal}`].filter((name) => statOf(name) !== undefined);
  if (!found.every((name) => isOld(statOf(name))) || (found.includes(path) && isLocked(path))) return false;
  try {
    // SQLite has removed a journal that it has played back.
    for (const name of found) rmSync(name, { force: true });
    return true;
  } catch {
    // It stays, and holdfast doctor names it.
    return false;
  }
}

function isOld(stats: Stats | undefined): boolean {
  return stats?.isFile() === true && isOwnOrRoots(stats.uid) && Date.now() - stats.mtimeMs > longestMoment;
}

/** A copy that was cut off may be no database, which SQLite notices once it has a lock. */
function isLocked(path: string): boolean {
  try {
    using sqlite = openGuarded(path, { timeout: 0 });
    sqlite.exec('BEGIN EXCLUSIVE');
    return false;
  } catch (error) {
    return isSqliteBusy(error);
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
