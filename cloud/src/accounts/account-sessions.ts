import type { Database } from '../database/database.ts';
import { withAccountTables } from './account-tables.ts';

/** One browser in which an account is signed in to the cloud. Instants are ISO 8601. */
export interface AccountSession {
  readonly id: string;
  /** As the server saw it when the session began. */
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly signed_in_at: string;
  /** To the minute. */
  readonly last_used_at: string;
}

/** The sessions of accounts at the cloud's own pages. */
export class AccountSessions {
  readonly #database: ReturnType<typeof withAccountTables>;

  constructor(database: Database) {
    this.#database = withAccountTables(database);
  }

  /** Those that have not expired, last use first. */
  async of(accountId: string): Promise<AccountSession[]> {
    return this.#database
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
  }

  /** Ends one session of the account. Returns whether there was one. */
  async end(accountId: string, sessionId: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('session')
      .where('userId', '=', accountId)
      .where('id', '=', sessionId)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }

  async endAll(accountId: string): Promise<void> {
    await this.#database.deleteFrom('session').where('userId', '=', accountId).execute();
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
  async endOthers(accountId: string, keptSessionId: string): Promise<number> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('session')
      .where('userId', '=', accountId)
      .where('id', '!=', keptSessionId)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}
