import type { Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { Publish } from '../security-events/security-events.ts';
import { endSignIns } from '../sign-ins/sign-ins.ts';
import { withAccountTables } from './account-tables.ts';
import { OneTimeTokens } from './one-time-tokens.ts';

/** Ends every session and every sign-in of an account, and whatever waits to become a session. */
export async function endAllSessions(
  transaction: Transaction<Tables>,
  publish: Publish,
  accountId: string,
): Promise<void> {
  await endWaiting(transaction, accountId);
  await withAccountTables(transaction).deleteFrom('session').where('userId', '=', accountId).execute();
  await endSignIns(transaction, publish, (row) => row.and({ account_id: accountId }));
}

/**
 * Who began to sign in with a password that is no longer right must not finish with a code, nor may a link for a new
 * password outlive what it was asked for before.
 */
export async function endWaiting(transaction: Transaction<Tables>, accountId: string): Promise<void> {
  const tokens = new OneTimeTokens(transaction);
  for (const purpose of ['second_factor', 'password_reset'] as const)
    await tokens.withdraw(purpose, accountId);
}
