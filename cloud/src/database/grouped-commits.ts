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
import type { SyncedLog } from './write-ahead-log.ts';

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

/** Those who came first have waited long enough. */
const longestGroupMilliseconds = 50;

/** How long a write waits for another process, such as a command of the operator, which holds the database for moments. */
const longestWaitMilliseconds = 5_000;

/** How long at most until it looks again. */
const longestPauseMilliseconds = 50;

/** What was written since the last commit. */
interface Group {
  readonly committed: PromiseWithResolvers<void>;
  readonly beganAt: number;
  /** Whether it is going to be looked at. */
  isWatched: boolean;
}

/**
 * Lets requests share commits: a commit has to wait for the disk, and one wait can serve all who are there.
 *
 * What is written in one turn of the event loop becomes one transaction, and what is written while the disk is busy with
 * an earlier one. Nobody hears of a write before it is on the disk, nor of what they read before that is; so to each it
 * is as if they were alone.
 */
export class GroupedCommitsDriver implements Driver {
  readonly #writer: DatabaseSync;
  readonly #reader: DatabaseSync;
  readonly #writing: PreparedStatements;
  readonly #reading: PreparedStatements;
  readonly #log: SyncedLog;
  /** SQLite is in a transaction while there is one. */
  #group: Group | undefined;
  /** Whose part of the group is kept or undone as a whole. The others wait for its end. */
  #transaction: DatabaseConnection | undefined;
  /** Who writes next: first come, first served, so that nobody waits for ever. */
  readonly #turns = new Turns();
  /** Until the last commit is on the disk. */
  #writingToDisk: Promise<void> | undefined;
  /** From then on nobody knows what is on the disk: `writingToDisk` stays rejected. */
  #diskHasFailed = false;
  /** Whose transaction was undone although its owner has not ended it yet. */
  readonly #undone = new WeakSet<DatabaseConnection>();

  /**
   * @param writer the connection for everything that writes
   * @param reader one that sees what is committed and no more, for those who read meanwhile
   * @param log where the writer's commits are until they are on the disk
   */
  constructor(writer: DatabaseSync, reader: DatabaseSync, log: SyncedLog) {
    this.#writer = writer;
    this.#reader = reader;
    this.#writing = new PreparedStatements(writer);
    this.#reading = new PreparedStatements(reader);
    this.#log = log;
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
    if (this.#transaction === connection) {
      this.#writer.exec('ROLLBACK TO one; RELEASE one');
      this.#endTransaction();
    }
    await this.#writingToDisk;
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    // A transaction would be cut in half.
    await this.#turns.take();
    this.#commit();
    await this.#writingToDisk?.catch(() => undefined);
    this.#log.close();
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
    if (kind === 'read') {
      const read = (this.#group ? this.#reading : this.#writing).run<Row>(sql, parameters);
      await this.#writingToDisk;
      return read;
    }

    await this.#turns.take();
    let onDisk: Promise<void> | undefined;
    let result: QueryResult<Row>;
    try {
      if (kind === 'other') {
        this.#commit();
        result = await unlessBusy(() => this.#write<Row>(sql, parameters));
        onDisk = this.#writeToDisk();
      } else {
        await this.#joinGroup();
        onDisk = this.#group?.committed.promise;
        result = this.#write<Row>(sql, parameters);
      }
    } finally {
      this.#turns.pass();
    }
    await onDisk;
    return result;
  }

  async #joinGroup(): Promise<void> {
    if (this.#group && performance.now() - this.#group.beganAt > longestGroupMilliseconds) this.#commit();
    if (this.#group) return;
    if (this.#diskHasFailed) await this.#writingToDisk;
    // Immediately, or a write after a read would fail if another process has written in between.
    await unlessBusy(() => this.#writing.run('BEGIN IMMEDIATE'));
    const committed = Promise.withResolvers<void>();
    // Whoever has written something waits for it; it may also fail before anybody does.
    committed.promise.catch(() => undefined);
    this.#group = { committed, beganAt: performance.now(), isWatched: false };
    this.#commitSoon(this.#group);
  }

  #endTransaction(): void {
    if (!this.#transaction) return;
    this.#transaction = undefined;
    if (this.#group) this.#commitSoon(this.#group);
    this.#turns.pass();
  }

  #commitSoon(group: Group): void {
    // It grows until the disk is ready for it.
    if (group.isWatched || this.#writingToDisk) return;
    group.isWatched = true;
    setImmediate(() => {
      group.isWatched = false;
      // The end of a transaction comes back to it.
      if (this.#group === group && !this.#transaction) this.#commit();
    });
  }

  #commit(): void {
    if (!this.#group) return;
    const { committed } = this.#group;
    try {
      this.#writing.run('COMMIT');
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#group = undefined;
    this.#writeToDisk().then(committed.resolve, committed.reject);
  }

  async #writeToDisk(): Promise<void> {
    const writing = this.#log.sync();
    this.#writingToDisk = writing;
    try {
      await writing;
    } catch (error) {
      this.#diskHasFailed = true;
      if (this.#group) this.#fail(error);
      throw error;
    }
    if (this.#writingToDisk !== writing) return;
    this.#writingToDisk = undefined;
    if (this.#group && !this.#transaction) this.#commitSoon(this.#group);
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
