import type { Database } from '../database/database.ts';
import { withAccountTables } from './account-tables.ts';

/** Whether a session of an account has not been ended. */
export async function isLiveSession(database: Database, sessionId: string): Promise<boolean> {
  const session = await withAccountTables(database)
    .selectFrom('session')
    .select('id')
    .where('id', '=', sessionId)
    .executeTakeFirst();
  return session !== undefined;
}
