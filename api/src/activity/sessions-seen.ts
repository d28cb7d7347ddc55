import type { StatementSync } from 'node:sqlite';
import type { AccessTokenClaims } from '../access/token-verification.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Account, RequestSource } from '../requester.ts';
import type { ActivityDatabase } from './activity-database.ts';
import { boundedAccount, boundedSource } from './bounded-text.ts';
import { Expiry } from './expiry.ts';
import { beginning, earlierThan, type Page, type Position, pageOf } from './page.ts';
import type { SessionEnd, SessionEndReason } from './session-end.ts';
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
  /** Undefined as long as nothing is known of an end. */
  readonly end: { readonly at: number; readonly reason: SessionEndReason } | undefined;
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
  ended_at: number | null;
  end_reason: SessionEndReason | null;
}

/** What a token says about its session: the key that it is bound to, the sign-in, and since when. */
export type SessionToken = Pick<AccessTokenClaims, 'jkt' | 'grantId' | 'iat'>;

/** One use of a session. */
export interface SessionUse {
  readonly account: Account;
  readonly token: SessionToken;
  readonly source: RequestSource;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface SessionsSeenOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called for the first use of a session. */
  readonly onFirstUse: (use: SessionUse) => void;
  /** Called for each session that the cloud has ended, by whose account it was. */
  readonly onEndedByCloud: (account: Account) => void;
  /**
   * Beyond it, those go of the account that has most which have ended, and then those that were not used for longest:
   * whoever signs in again and again must not hide how others were used.
   */
  readonly capacity?: number;
}

/** Lets those sessions through that satisfy all that is given. */
export interface SessionFilter {
  /** The id of an account. */
  readonly account?: string | undefined;
  /** Last used at this instant or later, in milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** Last used before this instant. */
  readonly until?: number | undefined;
  /** Only those that have ended, or only those of whose end nothing is known. */
  readonly ended?: boolean | undefined;
  /** After how long the cloud asks for a new sign-in, whatever happens, in milliseconds. */
  readonly longestSignIn?: number | undefined;
}

/** Within this time further uses of a session are not written down. */
const sameUseMilliseconds = 60_000;
/** Whoever was not here for longer than this is seen for the first time again. */
const maximumAge = 365 * 86_400_000;

/** The sessions that were seen at this instance: who, in which browser, from where, first and last. Never a token. */
export class SessionsSeen {
  readonly #writes: WriteBehind;
  readonly #now: () => number;
  readonly #onFirstUse: (use: SessionUse) => void;
  readonly #onEndedByCloud: (account: Account) => void;
  readonly #capacity: number;
  /** When each session was last written down. */
  #recordedAt: BoundedMap<string, number>;
  readonly #exists: StatementSync;
  readonly #upsert: StatementSync;
  readonly #removeSurplus: StatementSync;
  readonly #expiry: Expiry;
  readonly #removeAll: StatementSync;
  readonly #endByKey: StatementSync;
  readonly #endByGrant: StatementSync;
  readonly #endByAccount: StatementSync;
  readonly #page: StatementSync;
  /** In the order in which they happened. */
  #news: (SessionUse | SessionEnd)[] = [];
  #firstUses: SessionUse[] = [];
  #endedByCloud: Account[] = [];
  /** Whether all sessions that are written down are over. */
  #hasEnded = false;

  constructor(
    database: ActivityDatabase,
    writes: WriteBehind,
    { now, onFirstUse, onEndedByCloud, capacity = 10_000 }: SessionsSeenOptions,
  ) {
    this.#writes = writes;
    this.#now = now;
    this.#onFirstUse = onFirstUse;
    this.#onEndedByCloud = onEndedByCloud;
    this.#capacity = capacity;
    this.#recordedAt = new BoundedMap(capacity);
    this.#exists = database.prepare('SELECT 1 FROM sessions WHERE account_id = ? AND key_thumbprint = ?');
    this.#upsert = database.prepare(
      `INSERT INTO sessions (account_id, account_name, account_email, key_thumbprint, user_agent, first_address,
         last_address, first_used_at, last_used_at, grant_id, token_issued_at)
       VALUES (:id, :name, :email, :keyThumbprint, :userAgent, :address, :address, :at, :at, :grantId, :issuedAt)
       ON CONFLICT (account_id, key_thumbprint) DO UPDATE SET account_name = :name, account_email = :email,
         user_agent = :userAgent, last_address = :address, last_used_at = max(last_used_at, :at),
         grant_id = :grantId, token_issued_at = :issuedAt, ended_at = NULL, end_reason = NULL`,
    );
    this.#removeSurplus = database.prepare(
      `DELETE FROM sessions WHERE id IN
         (SELECT id FROM sessions WHERE account_id =
           (SELECT account_id FROM sessions GROUP BY account_id ORDER BY count(*) DESC, max(last_used_at) LIMIT 1)
         ORDER BY ended_at IS NULL, last_used_at, id LIMIT max(0, (SELECT count(*) FROM sessions) - ?))`,
    );
    this.#expiry = new Expiry(database, 'sessions', 'last_used_at', maximumAge);
    this.#removeAll = database.prepare('DELETE FROM sessions');
    const end = (which: string) =>
      database.prepare(
        `UPDATE sessions SET ended_at = max(:at, first_used_at), end_reason = :reason
         WHERE ended_at IS NULL AND ${which} RETURNING account_id, account_name, account_email, key_thumbprint`,
      );
    this.#endByKey = end('account_id = :accountId AND key_thumbprint = :keyThumbprint');
    this.#endByGrant = end('grant_id = :grantId');
    this.#endByAccount = end(
      'account_id = :accountId AND (token_issued_at IS NULL OR token_issued_at <= :issuedUntil)',
    );
    // Whoever used it after the end that the cloud publishes now was promised a later one.
    this.#page = database.prepare(
      `SELECT *, CASE WHEN is_expired THEN first_used_at + :longest ELSE ended_at END AS ended_at,
         CASE WHEN is_expired THEN 'EXPIRED' ELSE end_reason END AS end_reason
       FROM (SELECT *, ifnull(ended_at IS NULL AND first_used_at + :longest < :now AND last_used_at <= first_used_at + :longest, 0)
         AS is_expired FROM sessions)
       WHERE (last_used_at, id) < (:at, :id) AND last_used_at >= :since AND account_id = coalesce(:account, account_id)
         AND (:ended IS NULL OR (ended_at IS NOT NULL OR is_expired) = :ended)
       ORDER BY last_used_at DESC, id DESC LIMIT :limit`,
    );
    writes.add({ write: () => this.#write(), written: () => this.#written() });
  }

  /** Notes a use; of the uses within a minute the first. No request waits for the database. */
  use(account: Account, token: SessionToken, source: RequestSource): void {
    const key = nameOf(token.jkt, account.id);
    const recordedAt = this.#recordedAt.get(key);
    const at = this.#now();
    if (recordedAt !== undefined && Math.abs(at - recordedAt) < sameUseMilliseconds) return;
    // As long as nothing can be written, uses must not fill the memory.
    if (this.#news.length >= this.#capacity) return;
    this.#recordedAt.set(key, at);
    this.#news.push({ account: boundedAccount(account), token, source: boundedSource(source), at });
    this.#writes.schedule();
  }

  /** Notes that sessions are over. What is used again afterwards, as a new token of its account may be, goes on. */
  end(end: SessionEnd): void {
    // There is room for ends also when uses have taken theirs.
    if (this.#news.length >= 2 * this.#capacity) return;
    this.#news.push(end);
    this.#writes.schedule();
  }

  /** The `first` sessions after `position` that `filter` lets through, last use first. */
  page(
    first: number,
    position: Position = beginning,
    { account, since = 0, until, ended, longestSignIn }: SessionFilter = {},
  ): Page<SessionSeen> {
    this.#writes.flush();
    const rows = this.#page.all({
      ...earlierThan(until, position),
      ...{ since, account: account ?? null, limit: first + 1 },
      ...{ now: this.#now(), longest: longestSignIn ?? null },
      ended: ended === undefined ? null : Number(ended),
    });
    return pageOf(rows as unknown as SessionRow[], first, readRow);
  }

  /** Forgets every session that there was. */
  forgetAll(): void {
    this.#hasEnded = true;
    this.#recordedAt = new BoundedMap(this.#capacity);
    this.#news = [];
    this.#writes.schedule();
  }

  #write(): void {
    if (this.#hasEnded) this.#removeAll.run();
    this.#firstUses = [];
    this.#endedByCloud = [];
    for (const news of this.#news) {
      if ('token' in news) this.#writeUse(news);
      else this.#writeEnd(news);
    }
    if (this.#firstUses.length > 0) this.#removeSurplus.run(this.#capacity);
    this.#expiry.run(this.#now());
  }

  #writeUse(use: SessionUse): void {
    const { account, token, source, at } = use;
    if (!this.#exists.get(account.id, token.jkt)) this.#firstUses.push(use);
    this.#upsert.run({
      ...account,
      ...{ keyThumbprint: token.jkt, grantId: token.grantId ?? null, issuedAt: token.iat },
      ...{ userAgent: source.userAgent ?? null, address: source.address ?? null, at },
    });
  }

  #writeEnd(end: SessionEnd): void {
    for (const row of this.#endRows(end) as unknown as SessionRow[]) {
      // Its next use, should there be one, is news.
      this.#recordedAt.delete(nameOf(row.key_thumbprint, row.account_id));
      if (end.reason !== 'SIGNED_OUT') this.#endedByCloud.push(accountIn(row));
    }
  }

  #endRows(end: SessionEnd) {
    const { at, reason } = end;
    switch (reason) {
      case 'SIGNED_OUT':
        return this.#endByKey.all({
          at,
          reason,
          accountId: end.account.id,
          keyThumbprint: end.keyThumbprint,
        });
      case 'ENDED_AT_CLOUD':
        return this.#endByGrant.all({ at, reason, grantId: end.grantId });
      case 'ACCESS_REMOVED':
        return this.#endByAccount.all({ at, reason, accountId: end.accountId, issuedUntil: end.issuedUntil });
    }
  }

  #written(): void {
    const [firstUses, endedByCloud] = [this.#firstUses, this.#endedByCloud];
    this.#news = [];
    this.#firstUses = [];
    this.#endedByCloud = [];
    this.#hasEnded = false;
    for (const use of firstUses) this.#onFirstUse(use);
    for (const account of endedByCloud) this.#onEndedByCloud(account);
  }
}

function nameOf(keyThumbprint: string, accountId: string): string {
  return `${keyThumbprint} ${accountId}`;
}

function accountIn(row: SessionRow): Account {
  return { id: row.account_id, name: row.account_name, email: row.account_email };
}

function readRow(row: SessionRow): SessionSeen {
  return {
    id: row.id,
    account: accountIn(row),
    keyThumbprint: row.key_thumbprint,
    userAgent: row.user_agent ?? undefined,
    firstAddress: row.first_address ?? undefined,
    lastAddress: row.last_address ?? undefined,
    firstUsedAt: row.first_used_at,
    lastUsedAt: row.last_used_at,
    end:
      row.ended_at === null || row.end_reason === null
        ? undefined
        : { at: row.ended_at, reason: row.end_reason },
  };
}
