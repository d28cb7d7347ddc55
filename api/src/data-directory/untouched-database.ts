import { lstatSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/**
 * Opens a SQLite database for looking at it, without waiting for anybody: neither it nor its write-ahead log changes. As
 * a rule nothing is put beside it either. A log without its index (`-shm`) can only be read once there is one: it is
 * passed over unless `mayIndexLog`.
 *
 * @throws the error of SQLite
 */
export function openUntouched(
  path: string,
  { mayIndexLog = false }: { mayIndexLog?: boolean } = {},
): DatabaseSync {
  const hasLog = sizeOf(`${path}-wal`) > 0 && (mayIndexLog || sizeOf(`${path}-shm`) > 0);
  return openGuarded(hasLog ? path : immutable(path), { readOnly: true, timeout: 0 });
}

/**
 * Opens a SQLite database of which it is not known who wrote it: what its schema says does nothing that SQLite itself
 * does not vouch for.
 *
 * @throws the error of SQLite
 */
export function openGuarded(
  place: string | URL,
  options: { readonly timeout: number; readonly readOnly?: boolean },
): DatabaseSync {
  const sqlite = new DatabaseSync(place, { ...options, defensive: true });
  sqlite.exec('PRAGMA trusted_schema = OFF');
  return sqlite;
}

/** SQLite takes no lock on a file that it is told nobody changes, looks for no log and makes none. */
function immutable(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
