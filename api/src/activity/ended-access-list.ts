import type { StatementSync } from 'node:sqlite';
import type { EndedAccess, TokenOrigin } from '../access/ended-access.ts';
import { longestTokenLifeSeconds } from '../access/token-verification.ts';
import type { ActivityDatabase } from './activity-database.ts';

/** Generously, because what happened may be heard of late, and clocks may be set. */
const relevantSeconds = 7 * longestTokenLifeSeconds;

/** Looking for those that are too old takes longer the more there are; a member can end sign-ins of theirs without end. */
const pauseMilliseconds = 60_000;

/** A token that was being issued while the role changed may still say the old one, and be this much younger. */
const issuingSeconds = 5;

interface Ending {
  readonly at: number;
  /** Whoever has it has not ended. */
  readonly role: string | null;
}

/** Whose access ended early, kept in `instance.db` so that a restart does not let them in again. */
export class EndedAccessList {
  readonly #endings = new Map<string, Ending>();
  readonly #now: () => number;
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;
  #nextForgettingAt = 0;

  /** @param now milliseconds since the epoch */
  constructor(database: ActivityDatabase, now: () => number) {
    this.#now = now;
    this.#insert = database.prepare(
      `INSERT INTO ended_access (subject, id, at, role) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET at = excluded.at, role = excluded.role WHERE excluded.at >= at`,
    );
    this.#forget = database.prepare('DELETE FROM ended_access WHERE at < ?');
    this.#forgetOld();
    const rows = database
      .prepare('SELECT subject, id, at, role FROM ended_access')
      .all() as unknown as (Ending & Pick<EndedAccess, 'subject' | 'id'>)[];
    for (const { subject, id, ...ending } of rows) this.#endings.set(keyOf(subject, id), ending);
  }

  /** @throws the error of SQLite; until a restart, the access has ended all the same */
  end(ended: EndedAccess): void {
    const { subject, id, at } = ended;
    const role = subject === 'role' ? ended.role : null;
    const key = keyOf(subject, id);
    if (at >= (this.#endings.get(key)?.at ?? at)) this.#endings.set(key, { at, role });
    this.#forgetOld();
    this.#insert.run(subject, id, at, role);
  }

  has({ sub, grantId, role, iat }: TokenOrigin): boolean {
    const account = this.#endings.get(keyOf('account', sub));
    const change = this.#endings.get(keyOf('role', sub));
    return (
      (grantId !== undefined && this.#endings.has(keyOf('grant', grantId))) ||
      (account !== undefined && iat <= account.at) ||
      (change !== undefined && role !== change.role && iat <= change.at + issuingSeconds)
    );
  }

  #forgetOld(): void {
    const now = this.#now();
    if (now < this.#nextForgettingAt) return;
    this.#nextForgettingAt = now + pauseMilliseconds;
    const horizon = Math.floor(now / 1_000) - relevantSeconds;
    for (const [key, { at }] of this.#endings) if (at < horizon) this.#endings.delete(key);
    this.#forget.run(horizon);
  }
}

function keyOf(subject: EndedAccess['subject'], id: string): string {
  return `${subject} ${id}`;
}
