import type { Database } from '../../database/database.ts';

/** Removes the second factor of an account with its recovery codes. Returns whether it was on. */
export async function removeSecondFactor(transaction: Database, accountId: string): Promise<boolean> {
  const removed = await transaction
    .deleteFrom('second_factors')
    .where('account_id', '=', accountId)
    .returning('confirmed_at')
    .executeTakeFirst();
  await transaction.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  return typeof removed?.confirmed_at === 'number';
}
