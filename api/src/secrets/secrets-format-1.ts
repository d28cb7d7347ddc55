// secrets.db as the first version wrote it: every field of the header in a table, and a tag somewhere in the file. It is
// only read, to be rewritten in the current format.

import { SealBrokenError, tagBytes } from './sealing.ts';
import type { SecretsHeader } from './secrets-header.ts';
import { isDataDirectoryId } from './secrets-header.ts';
import { recordsOfFormat1, schemaOfFormat1 } from './secrets-schema.ts';
import { openSqliteContent, rowsOf, type SqliteContent } from './sqlite-content.ts';

/** Where a page says its kind: the first one begins with the header of the file. */
const kindInFirstPage = 100;
const leafOfTable = 0x0d;
const leafOfIndex = 0x0a;
/** Pages of other uses begin with a page number, whose first byte is zero. */
const noTree = 0;

/**
 * Reads what is needed to find the key, and the tag to compare with that key; undefined for a file that the first version
 * did not write.
 */
export async function readHeaderOfFormat1(
  content: Uint8Array,
): Promise<(SecretsHeader & { tag: Uint8Array }) | undefined> {
  if (!hasOnlyLeaves(content)) return undefined;
  using database = await openSqliteContent(content);
  const statements = rowsOf(database, 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL LIMIT 100').flat();
  if (statements.length !== schemaOfFormat1.length) return undefined;
  if (!schemaOfFormat1.every((statement) => statements.includes(statement))) return undefined;
  const [dataDirectoryId] =
    rowsOf(database, "SELECT value FROM meta WHERE name = 'data_directory_id'")[0] ?? [];
  const keys = rowsOf(database, 'SELECT key_id, wrapped, commitment FROM wrapped_key LIMIT 2');
  const [keyId, wrapped, commitment] = keys[0] ?? [];
  const [tag] = rowsOf(database, 'SELECT tag FROM file_tag LIMIT 1')[0] ?? [];
  if (
    typeof dataDirectoryId !== 'string' ||
    !isDataDirectoryId(dataDirectoryId) ||
    keys.length !== 1 ||
    typeof keyId !== 'number' ||
    !(wrapped instanceof Uint8Array) ||
    !(commitment instanceof Uint8Array) ||
    !(tag instanceof Uint8Array) ||
    tag.length !== tagBytes
  )
    return undefined;
  return {
    dataDirectoryId,
    keySource: { kind: 'key-file', generation: 1 },
    wrappedKey: { keyId, wrapped, commitment },
    tag,
  };
}

/** What the tag was computed over: zeros in its place. @throws SealBrokenError when the tag is not there, once. */
export function taggedContentOfFormat1(content: Uint8Array, tag: Uint8Array): Uint8Array {
  const copy = Buffer.from(content);
  const offset = copy.indexOf(tag);
  if (offset === -1 || copy.includes(tag, offset + 1))
    throw new SealBrokenError('The tag of the file is not in its place.');
  return copy.fill(0, offset, offset + tag.length);
}

/** Brings the tables, whose tag has been compared, to the current format. */
export function migrateFormat1(database: SqliteContent): void {
  for (const [name, fields] of Object.entries(recordsOfFormat1)) {
    for (const field of fields)
      database.run(`INSERT INTO sealed_values SELECT '${name}', '${field}', ${field} FROM ${name}`);
    database.run(`DROP TABLE ${name}`);
  }
  for (const table of ['meta', 'wrapped_key', 'file_tag']) database.run(`DROP TABLE ${table}`);
}

/**
 * A table of one row is one page. Pages that lead to pages, in a crafted graph, could keep SQLite busy for ever before
 * any tag is compared.
 */
function hasOnlyLeaves(content: Uint8Array): boolean {
  const pageBytes = Buffer.from(content.buffer, content.byteOffset).readUInt16BE(16);
  if (pageBytes < 512 || content.length % pageBytes !== 0) return false;
  for (let page = 0; page < content.length; page += pageBytes) {
    const kind = content[page === 0 ? kindInFirstPage : page];
    if (kind !== leafOfTable && kind !== leafOfIndex && kind !== noTree) return false;
  }
  return true;
}
