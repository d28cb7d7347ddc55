// The only place that knows sql.js: SQLite files in memory.

import initSqlJs, { type Database, type SqlJsStatic, type SqlValue } from 'sql.js';

export type SqliteContent = Database & Disposable;

let sqlJs: Promise<SqlJsStatic> | undefined;

/**
 * Opens a database of its own: sql.js copies a Uint8Array, but writes into a Buffer, whose `slice` is no copy.
 *
 * @param content without it, the database is new
 */
export async function openSqliteContent(content?: Uint8Array): Promise<SqliteContent> {
  sqlJs ??= initSqlJs();
  const { Database } = await sqlJs;
  const database = new Database(
    content && new Uint8Array(content.buffer, content.byteOffset, content.byteLength),
  );
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}

export function rowsOf(database: Database, statement: string): SqlValue[][] {
  return database.exec(statement)[0]?.values ?? [];
}
