import type { DatabaseSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
} from 'kysely';
import { PreparedStatements } from './prepared-statements.ts';

/**
 * Kysely's dialect for SQLite on top of `node:sqlite`, with a driver that lets requests share commits: a commit has to
 * wait for the disk, and one wait can serve all who are there.
 *
 * What is written until a turn of the event loop brings no more becomes one transaction. Nobody hears of a write before it
 * is on the disk, nor reads what is not; so to each it is as if they were alone.
 *
 * @param writer the connection for everything that writes
 * @param reader one that sees what is committed and no more, for those who read meanwhile
 */
export function groupedCommitsDialect(writer: DatabaseSync, reader: DatabaseSync): Dialect {
  // Only what it has in common with other drivers of SQLite is used, never the database that it asks for.
  const dialect = new SqliteDialect({ database: async () => Promise.reject(new TypeError('not used')) });
  return {
    createAdapter: () => new SharedConnectionAdapter(),
    createDriver: () => new GroupedCommitsDriver(writer, reader),
    createIntrospector: (database) => dialect.createIntrospector(database),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

/** The driver itself decides who has to wait for whom. */
class SharedConnectionAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** A transaction of one caller. */
interface Transaction {
  readonly connection: DatabaseConnection;
  readonly ended: PromiseWithResolvers<void>;
}

/** A group grows for as long as so many commits take, so that the disk gets a fifth of the time at most. */
const commitsPerGroup = 4;

/** However slow the disk is: those who came first have waited long enough. */
const longestGroupMilliseconds = 50;

/** What was written since the last commit. */
interface Group {
  readonly committed: PromiseWithResolvers<void>;
  readonly beganAt: number;
  /** Whether something was written in this turn of the event loop. */
  hasGrown: boolean;
}

class GroupedCommitsDriver implements Driver {
  readonly #writer: DatabaseSync;
  readonly #reader: DatabaseSync;
  readonly #writing: PreparedStatements;
  readonly #reading: PreparedStatements;
  /** SQLite is in a transaction while there is one. */
  #group: Group | undefined;
  /** A part of the group that is kept or undone as a whole. The others wait for its end. */
  #transaction: Transaction | undefined;
  /** How long the last commit took. */
  #commitMilliseconds = 0;
  /** Whose transaction was undone although its owner has not ended it yet. */
  readonly #undone = new WeakSet<DatabaseConnection>();

  constructor(writer: DatabaseSync, reader: DatabaseSync) {
    this.#writer = writer;
    this.#reader = reader;
    this.#writing = new PreparedStatements(writer);
    this.#reading = new PreparedStatements(reader);
  }

  async init(): Promise<void> {}

  /** Stands for one caller; the connections to the file are everybody's. */
  async acquireConnection(): Promise<DatabaseConnection> {
    const connection: DatabaseConnection = {
      executeQuery: async <Row>(query: CompiledQuery) => this.#answer<Row>(connection, query),
      streamQuery: async function* <Row>(query: CompiledQuery) {
        yield await connection.executeQuery<Row>(query);
      },
    };
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // After every wait somebody else may have been faster.
    while (this.#transaction) await this.#transaction.ended.promise;
    this.#joinGroup();
    this.#writing.run('SAVEPOINT one');
    this.#transaction = { connection, ended: Promise.withResolvers() };
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.#assertNotUndone(connection);
    this.#writing.run('RELEASE one');
    const group = this.#group;
    this.#endTransaction();
    await group?.committed.promise;
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // After a failure of the disk, or if the commit failed, there is nothing left to undo.
    if (this.#undone.has(connection)) return;
    this.#writer.exec('ROLLBACK TO one; RELEASE one');
    this.#endTransaction();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    // It would be cut in half.
    while (this.#transaction) await this.#transaction.ended.promise;
    this.#commit();
    this.#reader.close();
    this.#writer.close();
  }

  async #answer<Row>(
    connection: DatabaseConnection,
    { sql, parameters }: CompiledQuery,
  ): Promise<QueryResult<Row>> {
    this.#assertNotUndone(connection);
    if (this.#transaction?.connection === connection) return this.#write(sql, parameters);
    const kind = kindOf(sql);
    // What this connection has in its cache is current, but it also sees what is not committed.
    if (kind === 'read') return (this.#group ? this.#reading : this.#writing).run(sql, parameters);

    while (this.#transaction) await this.#transaction.ended.promise;
    if (kind === 'other') this.#commit();
    else this.#joinGroup();
    const group = this.#group;
    const result = this.#write<Row>(sql, parameters);
    await group?.committed.promise;
    return result;
  }

  #joinGroup(): void {
    if (this.#group) {
      this.#group.hasGrown = true;
      return;
    }
    // Immediately, or a write after a read would fail if another process has written in between.
    this.#writing.run('BEGIN IMMEDIATE');
    const committed = Promise.withResolvers<void>();
    // Whoever has written something waits for it; it may also fail before anybody does.
    committed.promise.catch(() => undefined);
    this.#group = { committed, beganAt: performance.now(), hasGrown: false };
    this.#commitSoon(this.#group);
  }

  #endTransaction(): void {
    this.#transaction?.ended.resolve();
    this.#transaction = undefined;
  }

  #commitSoon(group: Group): void {
    setImmediate(() => {
      if (this.#group !== group) return;
      const longest = Math.min(commitsPerGroup * this.#commitMilliseconds, longestGroupMilliseconds);
      const mayGrow = group.hasGrown && performance.now() - group.beganAt < longest;
      group.hasGrown = false;
      if (this.#transaction || mayGrow) this.#commitSoon(group);
      else this.#commit();
    });
  }

  #commit(): void {
    if (!this.#group) return;
    const { committed } = this.#group;
    const startedAt = performance.now();
    try {
      this.#writing.run('COMMIT');
      this.#commitMilliseconds = performance.now() - startedAt;
      this.#group = undefined;
      committed.resolve();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Nothing of the group was kept. */
  #fail(error: unknown): void {
    if (this.#writer.isTransaction) this.#writer.exec('ROLLBACK');
    this.#group?.committed.reject(error);
    this.#group = undefined;
    if (this.#transaction) this.#undone.add(this.#transaction.connection);
    this.#endTransaction();
  }

  #assertNotUndone(connection: DatabaseConnection): void {
    if (this.#undone.has(connection)) throw new Error('The transaction was undone, because the disk failed.');
  }

  #write<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    try {
      return this.#writing.run(sql, parameters);
    } catch (error) {
      // A statement that fails undoes itself; a disk that is full undoes everything.
      if (this.#group && !this.#writer.isTransaction) this.#fail(error);
      throw error;
    }
  }
}

function kindOf(sql: string): 'read' | 'write' | 'other' {
  const [, verb = ''] = /^\s*(\w+)/.exec(sql) ?? [];
  if (/^select$/i.test(verb)) return 'read';
  return /^(?:insert|update|delete|replace|with)$/i.test(verb) ? 'write' : 'other';
}
