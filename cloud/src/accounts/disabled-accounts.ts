import type { Database } from '../database/database.ts';
import { revokeKeysOf } from '../registration-keys/revoke-keys-of.ts';
import type { SecurityEvents } from '../security-events/security-events.ts';
import { endAllSessions } from './end-sessions.ts';

export async function isDisabled(database: Database, accountId: string): Promise<boolean> {
  const row = await database
    .selectFrom('disabled_accounts')
    .select('account_id')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Lets an account in nowhere any more, until it is enabled: its sessions, its sign-ins at instances and its registration
 * keys end with that. Returns whether it was enabled.
 */
export async function disableAccount(events: SecurityEvents, accountId: string): Promise<boolean> {
  return events.publishing(async (transaction, publish) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto('disabled_accounts')
      .values({ account_id: accountId, disabled_at: Date.now() })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    await endAllSessions(transaction, publish, accountId);
    await revokeKeysOf(transaction, accountId);
    return numInsertedOrUpdatedRows === 1n;
  });
}

/** Lets an account sign in again; what has ended stays ended. Returns whether it was disabled. */
export async function enableAccount(database: Database, accountId: string): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('disabled_accounts')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}
