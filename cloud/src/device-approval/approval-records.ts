// What a decision on a login reads and writes: queries of every request, prepared once.

import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import { epochSeconds } from '../provider/adapter.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';

/** What the decision writes into the stored device code; members as oidc-provider names them. */
type Decision =
  | { accountId: string; grantId: string; scope: string; resource: string; authTime: number }
  | { error: 'access_denied'; errorDescription: string };

/** Writes a decision if there is none yet and returns whether it did: of several at once, one wins. */
export async function decide(database: Database, userCode: string, decision: Decision): Promise<boolean> {
  const { numAffectedRows } = await storeDecision(database, {
    userCodeHash: hashIdentifier(userCode),
    patch: JSON.stringify(decision),
    grantId: 'grantId' in decision ? decision.grantId : null,
    now: epochSeconds(),
  });
  return numAffectedRows === 1n;
}

interface StoredDecision {
  readonly userCodeHash: string;
  /** What it changes in the payload, JSON. */
  readonly patch: string;
  readonly grantId: string | null;
  readonly now: number;
}

const storeDecision = preparedQuery((database, { userCodeHash, patch, grantId, now }: StoredDecision) =>
  database
    .updateTable('oauth_records')
    .set({ payload: sql`json_patch(payload, ${patch})`, grant_id: grantId, decided_at: now })
    .where('kind', '=', 'DeviceCode')
    .where('user_code_hash', '=', userCodeHash)
    .where('decided_at', 'is', null)
    .where('expires_at', '>', now),
);

/** The device code that a user code names, in normal form. */
export async function findDeviceCode(database: Database, userCode: string) {
  return (await findByUserCode(database, { userCodeHash: hashIdentifier(userCode) })).rows[0];
}

const findByUserCode = preparedQuery((database, { userCodeHash }: { readonly userCodeHash: string }) =>
  database
    .selectFrom('oauth_records')
    .select(['payload', 'expires_at', 'decided_at'])
    .where('kind', '=', 'DeviceCode')
    .where('user_code_hash', '=', userCodeHash),
);

/** Enough to recognise an address by. */
const mostOriginsShown = 3;

interface OriginKey {
  readonly clientId: string;
  readonly accountId: string;
  readonly origin: string;
}

/** Whose origins count for the account: its own, and those of the owners. */
interface BelieverKey extends Omit<OriginKey, 'origin'> {
  /** That owns the instance, if one does. */
  readonly workspaceId: string | null;
}

type BelievedOriginKey = BelieverKey & OriginKey;

type ComparedOriginKey = BelieverKey & { readonly origin: string | null };

/**
 * Whether the account, or an owner of the workspace, has signed in to the instance from there. An origin is what a
 * program says it is, so nobody's counts for somebody with a higher role.
 */
export async function isKnownOrigin(database: Database, key: BelievedOriginKey): Promise<boolean> {
  return (await findOrigin(database, key)).rows.length > 0;
}

const findOrigin = preparedQuery((database, key: BelievedOriginKey) =>
  believedOrigins(database, key).where('origin', '=', key.origin),
);

/**
 * From where the account, or an owner of the workspace, has signed in to the instance: a few of it, the latest first, but
 * before them the origin that is asked about.
 */
export async function knownOriginsOf(database: Database, key: ComparedOriginKey): Promise<string[]> {
  return (await findOrigins(database, key)).rows.map(({ origin }) => origin);
}

const findOrigins = preparedQuery((database, key: ComparedOriginKey) =>
  believedOrigins(database, key)
    .groupBy('origin')
    .orderBy(sql`origin is ${key.origin}`, 'desc')
    .orderBy(({ fn }) => fn.max('approved_at'), 'desc')
    .limit(mostOriginsShown),
);

function believedOrigins(database: Database, { clientId, accountId, workspaceId }: BelieverKey) {
  return database
    .selectFrom('instance_origins')
    .select('origin')
    .where('client_id', '=', clientId)
    .where((row) =>
      row.or([
        row('account_id', '=', accountId),
        row('account_id', 'in', (query) =>
          query
            .selectFrom('workspace_members')
            .select('account_id')
            .where('workspace_id', '=', workspaceId)
            .where('role', '=', 'owner'),
        ),
      ]),
    );
}

export const storeOrigin = preparedQuery(
  (database, { clientId, accountId, origin, approvedAt }: OriginKey & { readonly approvedAt: number }) =>
    database
      .insertInto('instance_origins')
      .values({ client_id: clientId, account_id: accountId, origin, approved_at: approvedAt })
      .onConflict((conflict) =>
        conflict.columns(['client_id', 'account_id', 'origin']).doUpdateSet({ approved_at: approvedAt }),
      ),
);

interface StoredApproval {
  readonly clientId: string;
  readonly workspaceId: string;
  readonly accountId: string;
  readonly instanceName: string | null;
  readonly approvedAt: number;
}

export const storeApproval = preparedQuery((database, stored: StoredApproval) => {
  const { clientId, workspaceId, accountId, instanceName, approvedAt } = stored;
  const approval = { instance_name: instanceName, account_id: accountId, approved_at: approvedAt };
  return database
    .insertInto('instance_approvals')
    .values({ client_id: clientId, workspace_id: workspaceId, ...approval })
    .onConflict((conflict) => conflict.columns(['client_id', 'workspace_id']).doUpdateSet(approval));
});
