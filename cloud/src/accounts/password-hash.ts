import type { Database } from '../database/database.ts';
import { withAccountTables } from './account-tables.ts';

/** What is stored of an account's password. It differs each time, even if somebody chooses the same one again. */
export async function passwordHashOf(database: Database, accountId: string): Promise<string | undefined> {
  const row = await withAccountTables(database)
    .selectFrom('account')
    .select('password')
    .where('userId', '=', accountId)
    .where('providerId', '=', 'credential')
    .executeTakeFirst();
  return row?.password ?? undefined;
}

export async function replacePasswordHash(
  transaction: Database,
  accountId: string,
  password: string,
): Promise<void> {
  await withAccountTables(transaction)
    .updateTable('account')
    .set({ password, updatedAt: new Date().toISOString() })
    .where('userId', '=', accountId)
    .where('providerId', '=', 'credential')
    .execute();
}
