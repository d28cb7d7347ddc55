import type { StatementSync } from 'node:sqlite';
import type { ActivityDatabase } from './activity-database.ts';

/** Old ones go a few at a time, so that nobody waits for it, and a clock that jumps ahead does not cost them all. */
const batch = 500;
const pauseMilliseconds = 60_000;

/** Removes what is older than it may be from a table of `instance.db`. */
export class Expiry {
  readonly #maximumAge: number;
  readonly #remove: StatementSync;
  #nextAt = 0;

  /**
   * @param instant the column that tells how old something is; it needs an index
   * @param maximumAge in milliseconds
   */
  constructor(
    database: ActivityDatabase,
    table: 'audit_entries' | 'sessions',
    instant: 'at' | 'last_used_at',
    maximumAge: number,
  ) {
    this.#maximumAge = maximumAge;
    this.#remove = database.prepare(
      `DELETE FROM ${table} WHERE id IN
         (SELECT id FROM ${table} WHERE ${instant} < ? ORDER BY ${instant} LIMIT ${batch})`,
    );
  }

  /** Within the transaction of a write. @param now milliseconds since the epoch */
  run(now: number): void {
    if (now < this.#nextAt) return;
    this.#nextAt = now + pauseMilliseconds;
    this.#remove.run(now - this.#maximumAge);
  }
}
