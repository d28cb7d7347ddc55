import { sql } from 'kysely';
import type OidcProvider from 'oidc-provider';
import type { SignedInAccount } from '../accounts/accounts.ts';
import type { Database } from '../database/database.ts';
import { HttpError } from '../errors.ts';
import type { Instance, Instances } from '../instances/instances.ts';
import { epochSeconds } from '../provider/adapter.ts';
import type { DeviceInfo } from '../provider/configuration.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import { type InstanceResources, instanceScope, webClientId } from '../provider/resource-server.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';

/** A device authorization that waits for a decision. Instants are epoch seconds. */
export interface DeviceRequest {
  readonly userCode: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly requestedFrom: DeviceInfo;
  readonly resource: string;
  readonly instance: Instance;
}

/** What an account that does not own the instance hears, here and at the token endpoint. */
export const foreignInstanceMessage =
  'This instance belongs to someone else. Ask its owner for access, or sign in with the account that owns it.';

export interface DeviceApprovalContext {
  readonly database: Database;
  readonly provider: OidcProvider;
  readonly resources: InstanceResources;
  readonly instances: Instances;
  readonly workspaces: Workspaces;
}

/** What the decision writes into the stored device code; members as oidc-provider names them. */
type Decision =
  | { accountId: string; grantId: string; scope: string; resource: string; authTime: number }
  | { error: 'access_denied'; errorDescription: string };

/**
 * The person's side of device authorization (RFC 8628 section 3.3). Whoever holds a session here decides what an
 * account lets in, so nothing but a deliberate request of the account's own browser may call this; a decision is made
 * once, by one conditional UPDATE.
 */
export class DeviceApproval {
  readonly #context: DeviceApprovalContext;

  constructor(context: DeviceApprovalContext) {
    this.#context = context;
  }

  /** @throws {HttpError} 404, 410 or 409 when there is nothing to decide */
  async lookUp(userCode: string): Promise<DeviceRequest> {
    const { database, instances, resources } = this.#context;
    const row = await database
      .selectFrom('oauth_records')
      .select(['payload', 'expires_at', 'decided_at'])
      .where('kind', '=', 'DeviceCode')
      .where('user_code_hash', '=', hashIdentifier(userCode))
      .executeTakeFirst();
    if (!row) throw unknownCode();
    if (row.decided_at !== null) throw alreadyDecided();
    const expiresAt = row.expires_at ?? 0;
    if (expiresAt <= epochSeconds()) throw expired();

    const { iat, params, deviceInfo } = JSON.parse(row.payload) as {
      iat: number;
      params: { resource: string };
      deviceInfo: DeviceInfo;
    };
    const clientId = resources.clientIdOf(params.resource);
    const instance = clientId === undefined ? undefined : await instances.find(clientId);
    if (!instance) throw unknownCode();
    return {
      userCode,
      requestedAt: iat,
      expiresAt,
      requestedFrom: deviceInfo,
      resource: params.resource,
      instance,
    };
  }

  /**
   * Lets the account into the instance. If somebody else owns the instance, the request is ended instead, so that the
   * device stops waiting.
   *
   * @throws {HttpError} 403 for somebody else's instance, else as `lookUp`
   */
  async approve(userCode: string, account: SignedInAccount, instanceName: string | null): Promise<void> {
    const { database, provider, workspaces } = this.#context;
    const { resource, instance } = await this.lookUp(userCode);
    const { owner, clientId } = instance;
    if (owner && !(await workspaces.isMember(account.id, owner.workspaceId))) {
      await decide(database, userCode, { error: 'access_denied', errorDescription: foreignInstanceMessage });
      throw new HttpError(403, 'access_denied', foreignInstanceMessage);
    }

    const workspaceId = owner?.workspaceId ?? (await workspaces.personalWorkspaceOf(account)).id;
    const grant = new provider.Grant({ accountId: account.id, clientId: webClientId });
    grant.addResourceScope(resource, instanceScope);
    const grantId = await grant.save();
    const isDecided = await database.transaction().execute(async (transaction) => {
      const approval = { instance_name: instanceName, account_id: account.id, approved_at: Date.now() };
      return (
        (await decide(transaction, userCode, {
          accountId: account.id,
          grantId,
          scope: instanceScope,
          resource,
          authTime: account.authenticatedAt,
        })) &&
        transaction
          .insertInto('instance_approvals')
          .values({ client_id: clientId, workspace_id: workspaceId, ...approval })
          .onConflict((conflict) => conflict.columns(['client_id', 'workspace_id']).doUpdateSet(approval))
          .execute()
          .then(() => true)
      );
    });
    if (!isDecided) {
      await grant.destroy();
      await this.#explainRefusal(userCode);
    }
  }

  /** @throws {HttpError} as `lookUp` */
  async deny(userCode: string): Promise<void> {
    await this.lookUp(userCode);
    const isDecided = await decide(this.#context.database, userCode, {
      error: 'access_denied',
      errorDescription: 'The sign-in was denied. Start again if that was a mistake.',
    });
    if (!isDecided) await this.#explainRefusal(userCode);
  }

  /** A decision that came too late: the code has expired since it was looked up, or somebody else was faster. */
  async #explainRefusal(userCode: string): Promise<never> {
    await this.lookUp(userCode);
    throw alreadyDecided();
  }
}

/** Writes a decision if there is none yet and returns whether it did: of several at once, one wins. */
async function decide(database: Database, userCode: string, decision: Decision): Promise<boolean> {
  const now = epochSeconds();
  const { numUpdatedRows } = await database
    .updateTable('oauth_records')
    .set({
      payload: sql`json_patch(payload, ${JSON.stringify(decision)})`,
      grant_id: 'grantId' in decision ? decision.grantId : null,
      decided_at: now,
    })
    .where('kind', '=', 'DeviceCode')
    .where('user_code_hash', '=', hashIdentifier(userCode))
    .where('decided_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

export function unknownCode(): HttpError {
  return new HttpError(
    404,
    'invalid_user_code',
    'There is no such code. Compare it with the one shown where you sign in.',
  );
}

function expired(): HttpError {
  return new HttpError(
    410,
    'expired_token',
    'This code has expired. Start the sign-in again to get a new one.',
  );
}

function alreadyDecided(): HttpError {
  return new HttpError(
    409,
    'already_decided',
    'This code was already approved or denied. Start the sign-in again to get a new one.',
  );
}
