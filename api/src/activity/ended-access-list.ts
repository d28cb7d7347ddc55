import type { StatementSync } from 'node:sqlite';
import type { EndedAccess, TokenOrigin } from '../access/ended-access.ts';
import { longestTokenLifeSeconds } from '../access/token-verification.ts';
import type { ActivityDatabase } from './activity-database.ts';

/** Generously, because what happened may be heard of late, and clocks may be set. */
const relevantSeconds = 7 * longestTokenLifeSeconds;

/** Whose access ended early, kept in `instance.db` so that a restart does not let them in again. */
export class EndedAccessList {
  readonly #endedAt = new Map<string, number>();
  readonly #now: () => number;
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;

  /** @param now milliseconds since the epoch */
  constructor(database: ActivityDatabase, now: () => number) {
    this.#now = now;
    this.#insert = database.prepare(
      'INSERT INTO ended_access (subject, id, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = max(at, excluded.at)',
    );
    this.#forget = database.prepare('DELETE FROM ended_access WHERE at < ?');
    this.#forgetOld();
    const rows = database
      .prepare('SELECT subject, id, at FROM ended_access')
      .all() as unknown as EndedAccess[];
    for (const ended of rows) this.#remember(ended);
  }

  /** @throws the error of SQLite; until a restart, the access has ended all the same */
  end(ended: EndedAccess): void {
    this.#remember(ended);
    this.#forgetOld();
    this.#insert.run(ended.subject, ended.id, ended.at);
  }

  has({ sub, grantId, iat }: TokenOrigin): boolean {
    const accountEndedAt = this.#endedAt.get(keyOf('account', sub));
    return (
      (grantId !== undefined && this.#endedAt.has(keyOf('grant', grantId))) ||
      (accountEndedAt !== undefined && iat <= accountEndedAt)
    );
  }

  #remember({ subject, id, at }: EndedAccess): void {
    const key = keyOf(subject, id);
    this.#endedAt.set(key, Math.max(at, this.#endedAt.get(key) ?? at));
  }

  #forgetOld(): void {
    const horizon = Math.floor(this.#now() / 1_000) - relevantSeconds;
    for (const [key, at] of this.#endedAt) if (at < horizon) this.#endedAt.delete(key);
    this.#forget.run(horizon);
  }
}

function keyOf(subject: EndedAccess['subject'], id: string): string {
  return `${subject} ${id}`;
}
