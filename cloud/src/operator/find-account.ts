import { withAccountTables } from '../accounts/account-tables.ts';
import type { Database } from '../database/database.ts';
import { StartupError } from '../errors.ts';

/** @throws {StartupError} `unknown_account` */
export async function accountIdOf(database: Database, email: string): Promise<string> {
  const address = email.trim().toLowerCase();
  const account = await withAccountTables(database)
    .selectFrom('user')
    .select('id')
    .where('email', '=', address)
    .executeTakeFirst();
  if (account) return account.id;
  throw new StartupError(
    'unknown_account',
    `No account here has the address ${JSON.stringify(address)}. See holdfast-cloud accounts list.`,
  );
}
