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
