import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteDialect,
} from 'kysely';
import { Turns } from '../turns.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { busy, resultCodeOf } from './result-code.ts';

/** Kysely's dialect for SQLite, with a driver on top of `node:sqlite`. */
export function groupedCommitsDialect(driver: GroupedCommitsDriver): Dialect {
  // Only what it has in common with other drivers of SQLite is used, never the database that it asks for.
  const dialect = new SqliteDialect({ database: async () => Promise.reject(new TypeError('not used')) });
  return {
    createAdapter: () => new SharedConnectionAdapter(),
    createDriver: () => driver,
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

/** A group grows for as long as so many commits take, so that the disk gets a fifth of the time at most. */
const commitsPerGroup = 4;

/** However slow the disk is: those who came first have waited long enough. */
const longestGroupMilliseconds = 50;

/** How long a write waits for another process, such as a command of the operator, which holds the database for moments. */
const longestWaitMilliseconds = 5_000;

/** How long at most until it looks again. */
const longestPauseMilliseconds = 50;

/** What was written since the last commit. */
interface Group {
  readonly committed: PromiseWithResolvers<void>;
  readonly beganAt: number;
  /** Whether something was written in this turn of the event loop. */
  hasGrown: boolean;
  /** Whether it is going to be looked at. */
  isWatched: boolean;
}

/**
 * Lets requests share commits: a commit has to wait for the disk, and one wait can serve all who are there.
 *
 * What is written until a turn of the event loop brings no more becomes one transaction. Nobody hears of a write before it
 * is on the disk, nor reads what is not; so to each it is as if they were alone.
 */
export class GroupedCommitsDriver implements Driver {
  readonly #writer: DatabaseSync;
  readonly #reader: DatabaseSync;
  readonly #writing: PreparedStatements;
  readonly #reading: PreparedStatements;
  /** SQLite is in a transaction while there is one. */
  #group: Group | undefined;
  /** Whose part of the group is kept or undone as a whole. The others wait for its end. */
  #transaction: DatabaseConnection | undefined;
  /** Who writes next: first come, first served, so that nobody waits for ever. */
  readonly #turns = new Turns();
  /** How long the last commit took. */
  #commitMilliseconds = 0;
  /** Whose transaction was undone although its owner has not ended it yet. */
  readonly #undone = new WeakSet<DatabaseConnection>();

  /**
   * @param writer the connection for everything that writes
   * @param reader one that sees what is committed and no more, for those who read meanwhile
   */
  constructor(writer: DatabaseSync, reader: DatabaseSync) {
    this.#writer = writer;
    this.#reader = reader;
    this.#writing = new PreparedStatements(writer);
    this.#reading = new PreparedStatements(reader);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.connect();
  }

  /** Stands for one caller; the connections to the file are everybody's. */
  connect(): DatabaseConnection {
    const connection: DatabaseConnection = {
      executeQuery: async <Row>(query: CompiledQuery) => this.#answer<Row>(connection, query),
      streamQuery: async function* <Row>(query: CompiledQuery) {
        yield await connection.executeQuery<Row>(query);
      },
    };
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#turns.take();
    try {
      await this.#joinGroup();
      this.#writing.run('SAVEPOINT one');
      this.#transaction = connection;
    } catch (error) {
      this.#turns.pass();
      throw error;
    }
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.#assertNotUndone(connection);
    this.#writing.run('RELEASE one');
    const group = this.#group;
    this.#endTransaction();
    await group?.committed.promise;
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // After a failure of the disk, or if the commit failed, there is nothing left to undo, but maybe somebody else's.
    if (this.#transaction !== connection) return;
    this.#writer.exec('ROLLBACK TO one; RELEASE one');
    this.#endTransaction();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    // A transaction would be cut in half.
    await this.#turns.take();
    this.#commit();
    this.#reader.close();
    this.#writer.close();
    // Whoever comes too late hears that it is closed.
    this.#turns.pass();
  }

  async #answer<Row>(
    connection: DatabaseConnection,
    { sql, parameters }: CompiledQuery,
  ): Promise<QueryResult<Row>> {
    this.#assertNotUndone(connection);
    if (this.#transaction === connection) return this.#write(sql, parameters);
    const kind = kindOf(sql);
    // What this connection has in its cache is current, but it also sees what is not committed.
    if (kind === 'read') return (this.#group ? this.#reading : this.#writing).run(sql, parameters);

    await this.#turns.take();
    let group: Group | undefined;
    let result: QueryResult<Row>;
    try {
      if (kind === 'other') {
        this.#commit();
        result = await unlessBusy(() => this.#write<Row>(sql, parameters));
      } else {
        await this.#joinGroup();
        group = this.#group;
        result = this.#write<Row>(sql, parameters);
      }
    } finally {
      this.#turns.pass();
    }
    await group?.committed.promise;
    return result;
  }

  async #joinGroup(): Promise<void> {
    if (this.#group && performance.now() - this.#group.beganAt > longestGroupMilliseconds) this.#commit();
    if (this.#group) {
      this.#group.hasGrown = true;
      return;
    }
    // Immediately, or a write after a read would fail if another process has written in between.
    await unlessBusy(() => this.#writing.run('BEGIN IMMEDIATE'));
    const committed = Promise.withResolvers<void>();
    // Whoever has written something waits for it; it may also fail before anybody does.
    committed.promise.catch(() => undefined);
    this.#group = { committed, beganAt: performance.now(), hasGrown: false, isWatched: false };
    this.#commitSoon(this.#group);
  }

  #endTransaction(): void {
    if (!this.#transaction) return;
    this.#transaction = undefined;
    if (this.#group) this.#commitSoon(this.#group);
    this.#turns.pass();
  }

  #commitSoon(group: Group): void {
    if (group.isWatched) return;
    group.isWatched = true;
    setImmediate(() => {
      group.isWatched = false;
      // The end of a transaction comes back to it.
      if (this.#group !== group || this.#transaction) return;
      const longest = Math.min(commitsPerGroup * this.#commitMilliseconds, longestGroupMilliseconds);
      const mayGrow = group.hasGrown && performance.now() - group.beganAt < longest;
      group.hasGrown = false;
      if (mayGrow) this.#commitSoon(group);
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
    if (this.#transaction) this.#undone.add(this.#transaction);
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

/** Tries again while another process writes. SQLite could wait as well, but would let nobody do anything meanwhile. */
async function unlessBusy<Result>(act: () => Result): Promise<Result> {
  const giveUpAt = performance.now() + longestWaitMilliseconds;
  for (let pause = 1; ; pause = Math.min(2 * pause, longestPauseMilliseconds)) {
    try {
      return act();
    } catch (error) {
      if (resultCodeOf(error) !== busy || performance.now() > giveUpAt) throw error;
    }
    await sleep(pause);
  }
}

function kindOf(sql: string): 'read' | 'write' | 'other' {
  const [, verb = ''] = /^\s*(\w+)/.exec(sql) ?? [];
  if (/^select$/i.test(verb)) return 'read';
  return /^(?:insert|update|delete|replace|with)$/i.test(verb) ? 'write' : 'other';
}
