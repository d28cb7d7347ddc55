import type { StatementSync } from 'node:sqlite';
import { BoundedMap } from '../bounded-map.ts';
import type { Account, RequestSource } from '../requester.ts';
import type { ActivityDatabase } from './activity-database.ts';
import { boundedAccount, boundedSource } from './bounded-text.ts';
import { beginning, type Page, type Position, pageOf } from './page.ts';
import type { WriteBehind } from './write-behind.ts';

/** A browser, or another program, in which an account used this instance. */
export interface SessionSeen {
  readonly id: number;
  readonly account: Account;
  /** SHA-256 thumbprint (RFC 7638) of the DPoP key that names the session. */
  readonly keyThumbprint: string;
  /** The `User-Agent` header of the last use, which proves nothing. */
  readonly userAgent: string | undefined;
  readonly firstAddress: string | undefined;
  readonly lastAddress: string | undefined;
  /** Milliseconds since the epoch. */
  readonly firstUsedAt: number;
  readonly lastUsedAt: number;
}

interface SessionRow {
  id: number;
  account_id: string;
  account_name: string;
  account_email: string;
  key_thumbprint: string;
  user_agent: string | null;
  first_address: string | null;
  last_address: string | null;
  first_used_at: number;
  last_used_at: number;
}

/** One use of a session. */
export interface SessionUse {
  readonly account: Account;
  readonly keyThumbprint: string;
  readonly source: RequestSource;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface SessionsSeenOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called for the first use of a session. */
  readonly onFirstUse: (use: SessionUse) => void;
  /**
   * Beyond it, those go that were not used for longest of the account that has most: whoever signs in again and again must
   * not hide how others were used.
   */
  readonly capacity?: number;
}

/** Within this time further uses of a session are not written down. */
const sameUseMilliseconds = 60_000;

/** The sessions that were seen at this instance: who, in which browser, from where, first and last. Never a token. */
export class SessionsSeen {
  readonly #writes: WriteBehind;
  readonly #now: () => number;
  readonly #onFirstUse: (use: SessionUse) => void;
  readonly #capacity: number;
  /** When each session was last written down. */
  #recordedAt: BoundedMap<string, number>;
  readonly #exists: StatementSync;
  readonly #upsert: StatementSync;
  readonly #removeSurplus: StatementSync;
  readonly #removeAll: StatementSync;
  readonly #page: StatementSync;
  #uses: SessionUse[] = [];
  #firstUses: SessionUse[] = [];
  /** Whether all sessions that are written down are over. */
  #hasEnded = false;

  constructor(
    database: ActivityDatabase,
    writes: WriteBehind,
    { now, onFirstUse, capacity = 10_000 }: SessionsSeenOptions,
  ) {
    this.#writes = writes;
    this.#now = now;
    this.#onFirstUse = onFirstUse;
    this.#capacity = capacity;
    this.#recordedAt = new BoundedMap(capacity);
    this.#exists = database.prepare('SELECT 1 FROM sessions WHERE account_id = ? AND key_thumbprint = ?');
    this.#upsert = database.prepare(
      `INSERT INTO sessions (account_id, account_name, account_email, key_thumbprint, user_agent, first_address,
         last_address, first_used_at, last_used_at)
       VALUES (:id, :name, :email, :keyThumbprint, :userAgent, :address, :address, :at, :at)
       ON CONFLICT (account_id, key_thumbprint) DO UPDATE SET account_name = :name, account_email = :email,
         user_agent = :userAgent, last_address = :address, last_used_at = max(last_used_at, :at)`,
    );
    this.#removeSurplus = database.prepare(
      `DELETE FROM sessions WHERE id IN
         (SELECT id FROM sessions WHERE account_id =
           (SELECT account_id FROM sessions GROUP BY account_id ORDER BY count(*) DESC, max(last_used_at) LIMIT 1)
         ORDER BY last_used_at, id LIMIT max(0, (SELECT count(*) FROM sessions) - ?))`,
    );
    this.#removeAll = database.prepare('DELETE FROM sessions');
    this.#page = database.prepare(
      'SELECT * FROM sessions WHERE (last_used_at, id) < (?, ?) ORDER BY last_used_at DESC, id DESC LIMIT ?',
    );
    writes.add({ write: () => this.#write(), written: () => this.#written() });
  }

  /** Notes a use; of the uses within a minute the first. No request waits for the database. */
  use(account: Account, keyThumbprint: string, source: RequestSource): void {
    const key = `${keyThumbprint} ${account.id}`;
    const recordedAt = this.#recordedAt.get(key);
    const at = this.#now();
    if (recordedAt !== undefined && Math.abs(at - recordedAt) < sameUseMilliseconds) return;
    // As long as nothing can be written, uses must not fill the memory.
    if (this.#uses.length >= this.#capacity) return;
    this.#recordedAt.set(key, at);
    this.#uses.push({ account: boundedAccount(account), keyThumbprint, source: boundedSource(source), at });
    this.#writes.schedule();
  }

  /** The `first` sessions after `position`, last use first. */
  page(first: number, { at, id }: Position = beginning): Page<SessionSeen> {
    this.#writes.flush();
    return pageOf(this.#page.all(at, id, first + 1) as unknown as SessionRow[], first, readRow);
  }

  /** Forgets every session that there was. */
  forgetAll(): void {
    this.#hasEnded = true;
    this.#recordedAt = new BoundedMap(this.#capacity);
    this.#uses = [];
    this.#writes.schedule();
  }

  #write(): void {
    if (this.#hasEnded) this.#removeAll.run();
    this.#firstUses = [];
    for (const use of this.#uses) {
      const { account, keyThumbprint, source, at } = use;
      if (!this.#exists.get(account.id, keyThumbprint)) this.#firstUses.push(use);
      this.#upsert.run({
        ...account,
        keyThumbprint,
        userAgent: source.userAgent ?? null,
        address: source.address ?? null,
        at,
      });
    }
    if (this.#firstUses.length > 0) this.#removeSurplus.run(this.#capacity);
  }

  #written(): void {
    const firstUses = this.#firstUses;
    this.#uses = [];
    this.#firstUses = [];
    this.#hasEnded = false;
    for (const use of firstUses) this.#onFirstUse(use);
  }
}

function readRow(row: SessionRow): SessionSeen {
  return {
    id: row.id,
    account: { id: row.account_id, name: row.account_name, email: row.account_email },
    keyThumbprint: row.key_thumbprint,
    userAgent: row.user_agent ?? undefined,
    firstAddress: row.first_address ?? undefined,
    lastAddress: row.last_address ?? undefined,
    firstUsedAt: row.first_used_at,
    lastUsedAt: row.last_used_at,
  };
}
