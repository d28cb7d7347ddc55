import type { Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import type { Tables } from '../database/tables.ts';
import { HttpError } from '../errors.ts';
import { withAccountTables } from './account-tables.ts';

/**
 * Makes sure, within the transaction that changes something for good, that the session it is done in has not been ended
 * since the request began: whoever ends a session must not find afterwards what was still under way in it.
 *
 * @throws {HttpError} 401 `login_required`
 */
export async function assertLiveSession(transaction: Database, sessionId: string): Promise<void> {
  const { rows } = await findId(transaction, { sessionId });
  if (rows.length === 1) return;
  throw new HttpError(401, 'login_required', 'Your session at this cloud was ended. Sign in again first.');
}

/** Changes something in a session, unless that was ended; all or nothing. @throws {HttpError} as `assertLiveSession` */
export async function inLiveSession<Result>(
  database: Database,
  sessionId: string,
  act: (transaction: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  return database.transaction().execute(async (transaction) => {
    await assertLiveSession(transaction, sessionId);
    return act(transaction);
  });
}

const findId = preparedQuery((database, { sessionId }: { readonly sessionId: string }) =>
  withAccountTables(database).selectFrom('session').select('id').where('id', '=', sessionId),
);
