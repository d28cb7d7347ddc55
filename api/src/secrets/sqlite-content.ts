// The only place that knows sql.js: SQLite files in memory.

import { DatabaseSync } from 'node:sqlite';
import initSqlJs, { type Database, type SqlJsStatic, type SqlValue } from 'sql.js';
import { keptPromise } from '../kept-promise.ts';

export type SqliteContent = Database & Disposable;

const sqlJs = keptPromise<SqlJsStatic>(async () => initSqlJs());

/**
 * Opens a database of its own: sql.js copies a Uint8Array, but writes into a Buffer, whose `slice` is no copy.
 *
 * @param content without it, the database is new
 */
export async function openSqliteContent(content?: Uint8Array): Promise<SqliteContent> {
  const { Database } = await sqlJs();
  const database = new Database(
    content && new Uint8Array(content.buffer, content.byteOffset, content.byteLength),
  );
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}

export function rowsOf(database: Database, statement: string): SqlValue[][] {
  return database.exec(statement)[0]?.values ?? [];
}

/**
 * Reads from a file that this user wrote. The SQLite of Node is there at a start; sql.js would have to be compiled first,
 * which takes a quarter of the start.
 */
export async function readRows(content: Uint8Array, statement: string): Promise<SqlValue[][]> {
  // Node 24 cannot open a file that is in memory.
  if (!('deserialize' in DatabaseSync.prototype)) {
    using database = await openSqliteContent(content);
    return rowsOf(database, statement);
  }
  using database = new DatabaseSync(':memory:', { returnArrays: true });
  database.deserialize(content);
  return database.prepare(statement).all() as unknown as SqlValue[][];
}
