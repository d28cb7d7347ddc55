import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { QueryResult } from 'kysely';

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

/** Lists of values make texts that differ, so they are not all kept. */
const mostPrepared = 500;

/** Statements of one connection, each prepared once for as long as it is in use. */
export class PreparedStatements {
  readonly #sqlite: DatabaseSync;
  /** By their text, the latest use last. */
  readonly #prepared = new Map<string, Prepared>();

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  /** @throws what SQLite refuses */
  run<Row>(sql: string, parameters: readonly unknown[] = []): QueryResult<Row> {
    const { statement, returnsRows } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (returnsRows) return { rows: statement.all(...values) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared) {
      this.#prepared.delete(sql);
    } else {
      const statement = this.#sqlite.prepare(sql);
      prepared = { statement, returnsRows: statement.columns().length > 0 };
    }
    this.#prepared.set(sql, prepared);
    const oldest = this.#prepared.keys().next();
    if (this.#prepared.size > mostPrepared && !oldest.done) this.#prepared.delete(oldest.value);
    return prepared;
  }
}
