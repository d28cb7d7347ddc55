import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import { withAccountTables } from './account-tables.ts';

/** Whether a session of an account has not been ended. */
export async function isLiveSession(database: Database, sessionId: string): Promise<boolean> {
  const { rows } = await findId(database, { sessionId });
  return rows.length === 1;
}

const findId = preparedQuery((database, { sessionId }: { readonly sessionId: string }) =>
  withAccountTables(database).selectFrom('session').select('id').where('id', '=', sessionId),
);
