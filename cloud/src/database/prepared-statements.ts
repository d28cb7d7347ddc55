import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { QueryResult } from 'kysely';

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

/** Lists of values make texts that differ, so they are not all kept. */
const mostRecent = 250;

/** Statements of one connection, each prepared once for as long as it is in use. */
export class PreparedStatements {
  readonly #sqlite: DatabaseSync;
  /** By their text. */
  #recent = new Map<string, Prepared>();
  /** Those that were recent before: what is not used until `recent` is full again is forgotten. */
  #older = new Map<string, Prepared>();

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  /** @throws what SQLite refuses */
  run<Row>(sql: string, parameters: readonly unknown[] = []): QueryResult<Row> {
    const { statement, returnsRows } = this.#recent.get(sql) ?? this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (returnsRows) return { rows: statement.all(...values) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#older.get(sql);
    if (!prepared) {
      const statement = this.#sqlite.prepare(sql);
      prepared = { statement, returnsRows: statement.columns().length > 0 };
    }
    if (this.#recent.size >= mostRecent) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(sql, prepared);
    return prepared;
  }
}
