import {
  type ExpressionBuilder,
  type ExpressionWrapper,
  type Insertable,
  type SqlBool,
  sql,
  type Transaction,
} from 'kysely';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import type { Tables } from '../database/tables.ts';
import { epochSeconds } from '../provider/adapter.ts';
import { deleteRecords } from '../provider/delete-records.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import type { Publish } from '../security-events/security-events.ts';

/** A login at an instance that an account has approved. */
export interface SignIn {
  readonly grantId: string;
  readonly accountId: string;
  /** The instance that it is for, as its tokens have it in `aud`. */
  readonly resource: string;
  /** The session at the cloud in which it was approved. */
  readonly sessionId: string;
}

/** Which sign-ins are meant. */
export type SignInFilter = (
  row: ExpressionBuilder<Tables, 'sign_ins'>,
) => ExpressionWrapper<Tables, 'sign_ins', SqlBool>;

/** @param transaction the one in which the login is approved */
export async function rememberSignIn(
  transaction: Transaction<Tables>,
  { grantId, accountId, resource, sessionId }: SignIn,
): Promise<void> {
  await storeSignIn(transaction, {
    grant_id: grantId,
    grant_hash: hashIdentifier(grantId),
    account_id: accountId,
    resource,
    session_hash: hashIdentifier(sessionId),
  });
}

const storeSignIn = preparedQuery((database, signIn: Insertable<Tables['sign_ins']>) => {
  const { grant_id, grant_hash, account_id, resource, session_hash } = signIn;
  return database.insertInto('sign_ins').values({ grant_id, grant_hash, account_id, resource, session_hash });
});

/**
 * Ends sign-ins with every token of theirs, and tells the instances.
 *
 * @returns how many
 */
export async function endSignIns(
  transaction: Transaction<Tables>,
  publish: Publish,
  filter: SignInFilter,
): Promise<number> {
  // Those without a grant have ended before.
  const ended = await transaction
    .deleteFrom('sign_ins')
    .where(filter)
    .where('grant_hash', 'in', grantHashes)
    .returning(['grant_id', 'grant_hash', 'resource'])
    .execute();
  if (ended.length === 0) return 0;
  const grantIds = sql.join(ended.map(({ grant_id }) => grant_id));
  const hashes = sql.join(ended.map(({ grant_hash }) => grant_hash));
  await deleteRecords(
    transaction,
    sql<boolean>`(grant_id in (${grantIds}) or (kind = 'Grant' and id_hash in (${hashes})))`,
  );
  for (const { grant_id: id, resource } of ended) {
    await publish({ type: 'session-revoked', resource, subject: { format: 'opaque', id } });
  }
  return ended.length;
}

/** At how many instances an account is signed in, by the hash of the session that approved it. */
export async function countSignedInInstances(
  database: Database,
  accountId: string,
): Promise<ReadonlyMap<string | null, number>> {
  const rows = await database
    .selectFrom('sign_ins')
    .select(({ fn }) => ['session_hash', fn.count<number>('resource').distinct().as('instances')])
    .where('account_id', '=', accountId)
    .where('grant_hash', 'in', (query) => grantHashes(query).where('expires_at', '>', epochSeconds()))
    .groupBy('session_hash')
    .execute();
  return new Map(rows.map(({ session_hash, instances }) => [session_hash, instances]));
}

/** Forgets sign-ins whose grant is gone. */
export async function sweepSignIns(database: Database): Promise<void> {
  await database.deleteFrom('sign_ins').where('grant_hash', 'not in', grantHashes).execute();
}

function grantHashes(query: ExpressionBuilder<Tables, 'sign_ins'>) {
  return query.selectFrom('oauth_records').select('id_hash').where('kind', '=', 'Grant');
}
