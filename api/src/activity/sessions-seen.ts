import type { StatementSync } from 'node:sqlite';
import { BoundedMap } from '../bounded-map.ts';
import type { ActivityDatabase } from './activity-database.ts';
import type { Actor, Origin } from './audit-entry.ts';
import { boundedActor, boundedOrigin } from './bounded-text.ts';
import { beginning, type Page, type Position, pageOf } from './page.ts';
import type { WriteBehind } from './write-behind.ts';

/** A browser, or another program, in which an account used this instance. */
export interface SessionSeen {
  readonly id: number;
  readonly account: Actor;
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

interface SessionUse {
  readonly account: Actor;
  readonly keyThumbprint: string;
  readonly origin: Origin;
  readonly at: number;
}

/** Within this time further uses of a session are not written down. */
const sameUseMilliseconds = 60_000;

/** The sessions that were seen at this instance: who, in which browser, from where, first and last. Never a token. */
export class SessionsSeen {
  readonly #writes: WriteBehind;
  readonly #now: () => number;
  readonly #capacity: number;
  /** When each session was last written down; saves the requests a look into the database. */
  readonly #recordedAt: BoundedMap<string, number>;
  readonly #exists: StatementSync;
  readonly #upsert: StatementSync;
  readonly #removeSurplus: StatementSync;
  readonly #page: StatementSync;
  #uses = new Map<string, SessionUse>();
  #hasNew = false;

  /**
   * @param now milliseconds since the epoch
   * @param capacity beyond it, those go that were not used for longest
   */
  constructor(database: ActivityDatabase, writes: WriteBehind, now: () => number, capacity = 10_000) {
    this.#writes = writes;
    this.#now = now;
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
         (SELECT id FROM sessions ORDER BY last_used_at DESC, id DESC LIMIT -1 OFFSET ?)`,
    );
    this.#page = database.prepare(
      'SELECT * FROM sessions WHERE (last_used_at, id) < (?, ?) ORDER BY last_used_at DESC, id DESC LIMIT ?',
    );
    writes.add({ write: () => this.#write(), written: () => this.#written() });
  }

  /** Notes a use, at most once a minute for each session. Returns whether it is the first of that session. */
  use(account: Actor, keyThumbprint: string, origin: Origin): boolean {
    const key = `${keyThumbprint} ${account.id}`;
    const recordedAt = this.#recordedAt.get(key);
    const at = this.#now();
    if (recordedAt !== undefined && Math.abs(at - recordedAt) < sameUseMilliseconds) return false;
    // As long as nothing can be written, uses must not fill the memory.
    if (this.#uses.size >= this.#capacity) return false;
    const isFirst = recordedAt === undefined && this.#exists.get(account.id, keyThumbprint) === undefined;
    this.#hasNew ||= isFirst;
    this.#recordedAt.set(key, at);
    this.#uses.set(key, { account: boundedActor(account), keyThumbprint, origin: boundedOrigin(origin), at });
    this.#writes.schedule();
    return isFirst;
  }

  /** The `first` sessions after `position`, last use first. */
  page(first: number, { at, id }: Position = beginning): Page<SessionSeen> {
    this.#writes.flush();
    return pageOf(this.#page.all(at, id, first + 1) as unknown as SessionRow[], first, readRow);
  }

  #write(): void {
    for (const { account, keyThumbprint, origin, at } of this.#uses.values()) {
      this.#upsert.run({
        ...account,
        keyThumbprint,
        userAgent: origin.userAgent ?? null,
        address: origin.address ?? null,
        at,
      });
    }
    if (this.#hasNew) this.#removeSurplus.run(this.#capacity);
  }

  #written(): void {
    this.#uses = new Map();
    this.#hasNew = false;
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
