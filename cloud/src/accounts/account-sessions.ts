import type { Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import type { Publish, SecurityEvents } from '../security-events/security-events.ts';
import { countSignedInInstances, endSignIns } from '../sign-ins/sign-ins.ts';
import { withAccountTables } from './account-tables.ts';
import type { SignedInAccount } from './accounts.ts';
import { endWaiting } from './end-sessions.ts';
import { assertLiveSession } from './live-session.ts';
import { replacePasswordHash } from './password-hash.ts';
import { type PasswordReset, resetPassword } from './password-reset.ts';

/** One browser in which an account is signed in to the cloud. Instants are ISO 8601. */
export interface AccountSession {
  readonly id: string;
  /** As the server saw it when the session began. */
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly signed_in_at: string;
  /** To the minute. */
  readonly last_used_at: string;
  /** At how many the sign-ins that were approved in it go on. */
  readonly instances: number;
}

type InSession = Pick<SignedInAccount, 'id' | 'sessionId'>;

/**
 * The sessions of accounts at the cloud's own pages. Whoever ends one because it should not be takes with it what was
 * approved in it: the sign-ins at instances. A plain sign-out does not come here and ends nothing else: whoever leaves
 * the cloud's pages goes on working at their instances, unless they choose there to end those sign-ins, too.
 */
export class AccountSessions {
  readonly #database: ReturnType<typeof withAccountTables>;
  readonly #events: SecurityEvents;

  constructor(database: Database, events: SecurityEvents) {
    this.#database = withAccountTables(database);
    this.#events = events;
  }

  /** Those that have not expired, last use first. */
  async of(accountId: string): Promise<AccountSession[]> {
    const instances = await countSignedInInstances(this.#database, accountId);
    const sessions = await this.#database
      .selectFrom('session')
      .select([
        'id',
        'ipAddress as address',
        'userAgent as user_agent',
        'createdAt as signed_in_at',
        'updatedAt as last_used_at',
      ])
      .where('userId', '=', accountId)
      .where('expiresAt', '>', new Date().toISOString())
      .orderBy('updatedAt', 'desc')
      .execute();
    return sessions.map((session) => ({
      ...session,
      instances: instances.get(hashIdentifier(session.id)) ?? 0,
    }));
  }

  /** Ends one session of the account and the sign-ins that were approved in it. Returns whether there was one. */
  async end(accountId: string, sessionId: string): Promise<boolean> {
    return this.#events.publishing(async (transaction, publish) => {
      const { numDeletedRows } = await withAccountTables(transaction)
        .deleteFrom('session')
        .where('userId', '=', accountId)
        .where('id', '=', sessionId)
        .executeTakeFirst();
      if (numDeletedRows !== 1n) return false;
      await endSignIns(transaction, publish, (row) =>
        row.and({ account_id: accountId, session_hash: hashIdentifier(sessionId) }),
      );
      return true;
    });
  }

  /** Replaces a password that was forgotten, by a link. */
  async resetPassword(token: string, passwordHash: string): Promise<PasswordReset | undefined> {
    return resetPassword(this.#events, token, passwordHash);
  }

  /**
   * Replaces the password in a session, and ends all others with it, as `endOthers` does.
   *
   * @throws {HttpError} 401 `login_required` if that session was ended meanwhile
   */
  async changePassword({ id, sessionId }: InSession, passwordHash: string): Promise<number> {
    return this.#events.publishing(async (transaction, publish) => {
      await assertLiveSession(transaction, sessionId);
      await replacePasswordHash(transaction, id, passwordHash);
      return endOtherSessions(transaction, publish, { id, sessionId });
    });
  }

  /** Remembers that whoever uses the session has just shown who they are. */
  async confirm(sessionId: string): Promise<void> {
    await this.#database
      .updateTable('session')
      .set({ confirmedAt: new Date().toISOString() })
      .where('id', '=', sessionId)
      .execute();
  }

  /** Ends every session of the account but one. Returns how many. */
  async endOthers(kept: InSession): Promise<number> {
    return this.#events.publishing(async (transaction, publish) =>
      endOtherSessions(transaction, publish, kept),
    );
  }
}

/**
 * Ends every session of an account but one, and the sign-ins that were not approved in that: also those of sessions that
 * are over, whose owner may have been somebody else, and whatever waits to become a session.
 */
async function endOtherSessions(
  transaction: Transaction<Tables>,
  publish: Publish,
  { id, sessionId }: InSession,
): Promise<number> {
  await endWaiting(transaction, id);
  const { numDeletedRows } = await withAccountTables(transaction)
    .deleteFrom('session')
    .where('userId', '=', id)
    .where('id', '!=', sessionId)
    .executeTakeFirst();
  await endSignIns(transaction, publish, (row) =>
    row.and([row('account_id', '=', id), row('session_hash', 'is not', hashIdentifier(sessionId))]),
  );
  return Number(numDeletedRows);
}
