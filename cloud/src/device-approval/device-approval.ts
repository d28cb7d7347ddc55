import { sql } from 'kysely';
import type OidcProvider from 'oidc-provider';
import type { SignedInAccount } from '../accounts/accounts.ts';
import type { Database } from '../database/database.ts';
import { HttpError } from '../errors.ts';
import { isLoopbackHostname } from '../http/loopback.ts';
import type { Instance, Instances } from '../instances/instances.ts';
import { freePlace } from '../instances/unclaimed.ts';
import { epochSeconds } from '../provider/adapter.ts';
import type { DeviceInfo } from '../provider/configuration.ts';
import type { DeviceParameters } from '../provider/device-binding.ts';
import type { FlowSecrets } from '../provider/flow-secrets.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import { type InstanceResources, instanceScope, webClientId } from '../provider/resource-server.ts';
import { rememberSignIn } from '../sign-ins/sign-ins.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { isApprovalProof } from './approval-proof.ts';
import { decide, findDeviceCode, storeApproval } from './approval-records.ts';
import type { KnownOrigins } from './known-origins.ts';
import { isKnownOrigin, knownOriginsOf, storeOrigin } from './origin-records.ts';
import { displayUserCode } from './user-code.ts';

/** A device authorization that waits for a decision. Instants are epoch seconds. */
export interface DeviceRequest {
  readonly userCode: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly requestedFrom: DeviceInfo;
  readonly parameters: DeviceParameters;
  readonly instance: Instance;
}

/** Whom the approval page asks for a proof that the login began in this browser. */
export interface Binding {
  /** The page that may be asked, and no other. */
  readonly origin: string;
  /** What it has to sign. */
  readonly challenge: string;
}

/** Why the approving person is believed to have begun the login. */
export type Evidence =
  /** Signed by the key of the login, whose page opened the approval page. */
  | { readonly proof: string }
  /** Read from the page that began the login. */
  | { readonly matchCode: string };

/** How often a match code may be tried: a slip of the finger is forgiven, a guess has 2 chances in 100. */
const maximumMatchTries = 2;

/** What an account that does not own the instance hears, here and at the token endpoint. */
export const foreignInstanceMessage =
  'This instance belongs to someone else. Ask its owner for access, or sign in with the account that owns it.';

export interface DeviceApprovalContext {
  readonly issuer: string;
  readonly database: Database;
  readonly provider: OidcProvider;
  readonly resources: InstanceResources;
  readonly instances: Instances;
  readonly workspaces: Workspaces;
  readonly knownOrigins: KnownOrigins;
  readonly secrets: FlowSecrets;
  /** Throws if a session of an account has been ended meanwhile. */
  readonly assertLiveSession: (transaction: Database, sessionId: string) => Promise<void>;
}

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
    const row = await findDeviceCode(database, userCode);
    if (!row) throw unknownCode();
    if (row.decided_at !== null) throw alreadyDecided();
    const expiresAt = row.expires_at ?? 0;
    if (expiresAt <= epochSeconds()) throw expired();

    const { iat, params, deviceInfo } = JSON.parse(row.payload) as {
      iat: number;
      params: DeviceParameters;
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
      parameters: params,
      instance,
    };
  }

  /**
   * Who could prove to the account that the login began in its browser: the page that asked, if it came from an origin
   * from which this account, or an owner of the workspace, has signed in to the instance before. Any other page may
   * be one that lures people here, and then its proof says nothing. Somebody who is about to claim an instance has signed
   * in from nowhere yet: for them it is a page on their own machine.
   */
  async bindingOf(request: DeviceRequest, account: SignedInAccount): Promise<Binding | undefined> {
    const { userCode, requestedFrom, instance } = request;
    const { origin } = requestedFrom;
    if (origin === null) return undefined;
    const { database, secrets } = this.#context;
    const isBelieved =
      (!instance.owner && isLoopbackHostname(new URL(origin).hostname)) ||
      (await isKnownOrigin(database, { ...believerOf(instance, account), origin }));
    return isBelieved ? { origin, challenge: secrets.challengeOf(userCode, account.id) } : undefined;
  }

  /** Whether somebody else owns the instance, and the account has no part in it. */
  async isForeign({ owner }: Instance, account: Pick<SignedInAccount, 'id'>): Promise<boolean> {
    return owner !== null && !(await this.#context.workspaces.isMember(account.id, owner.workspaceId));
  }

  /** With which the account can compare the origin of the page that asks: see `knownOriginsOf`. */
  async knownOriginsOf(
    { requestedFrom: { origin }, instance }: DeviceRequest,
    account: SignedInAccount,
  ): Promise<string[]> {
    return knownOriginsOf(this.#context.database, { ...believerOf(instance, account), origin });
  }

  /**
   * Lets the account into the instance. If somebody else owns the instance, the request is ended instead, so that the
   * device stops waiting; so it is after too many wrong match codes.
   *
   * @throws {HttpError} 403 for somebody else's instance and for evidence that is none, 401 for a session that was ended
   *   meanwhile, else as `lookUp`
   */
  async approve(
    userCode: string,
    account: SignedInAccount,
    { evidence, instanceName }: { evidence: Evidence; instanceName: string | null },
  ): Promise<void> {
    const { database, provider, workspaces, knownOrigins, assertLiveSession } = this.#context;
    const request = await this.lookUp(userCode);
    const { resource } = request.parameters;
    const { owner, clientId } = request.instance;
    if (await this.isForeign(request.instance, account)) {
      await decide(database, userCode, { error: 'access_denied', errorDescription: foreignInstanceMessage });
      throw new HttpError(403, 'access_denied', foreignInstanceMessage);
    }

    await this.#assertEvidence(evidence, request, account);
    const workspaceId = owner?.workspaceId ?? (await workspaces.personalWorkspaceOf(account)).id;
    // Whoever was removed from their own workspace brings no instance into it.
    if (!owner && !(await workspaces.isMember(account.id, workspaceId))) throw notAMember();
    const grant = new provider.Grant({ accountId: account.id, clientId: webClientId });
    grant.addResourceScope(resource, instanceScope);
    const grantId = await grant.save();
    const { id: accountId, sessionId, authenticatedAt: authTime } = account;
    const approving = database.transaction().execute(async (transaction) => {
      const decision = { accountId, grantId, scope: instanceScope, resource, authTime };
      if (!(await decide(transaction, userCode, decision))) return false;
      // Whoever ends a session ends what was approved in it, and would miss what is not there yet.
      await assertLiveSession(transaction, sessionId);
      await rememberSignIn(transaction, { grantId, accountId, resource, sessionId });
      const approval = { clientId, accountId, approvedAt: Date.now() };
      await storeApproval(transaction, { ...approval, workspaceId, instanceName });
      await freePlace(transaction, { clientId, accountId });
      const { origin } = request.requestedFrom;
      if (origin !== null) {
        await storeOrigin(transaction, { clientId, accountId, origin, usedAt: approval.approvedAt });
      }
      return true;
    });
    let isDecided = false;
    try {
      isDecided = await approving;
    } finally {
      if (!isDecided) await grant.destroy();
    }
    if (!isDecided) await this.#explainRefusal(userCode);
    if (request.requestedFrom.origin !== null) knownOrigins.add(request.requestedFrom.origin);
  }

  /**
   * Ends the request. Where somebody else owns the instance, the device hears that as the reason.
   *
   * @throws {HttpError} as `lookUp`
   */
  async deny(userCode: string, account: Pick<SignedInAccount, 'id'>): Promise<void> {
    const { instance } = await this.lookUp(userCode);
    const isDecided = await decide(this.#context.database, userCode, {
      error: 'access_denied',
      errorDescription: (await this.isForeign(instance, account))
        ? foreignInstanceMessage
        : 'The sign-in was denied. Start again if that was a mistake.',
    });
    if (!isDecided) await this.#explainRefusal(userCode);
  }

  /** @throws {HttpError} 403 */
  async #assertEvidence(evidence: Evidence, request: DeviceRequest, account: SignedInAccount): Promise<void> {
    if ('matchCode' in evidence) return this.#assertMatchCode(request.userCode, evidence.matchCode);
    const binding = await this.bindingOf(request, account);
    const isProven =
      binding !== undefined &&
      isApprovalProof(evidence.proof, {
        issuer: this.#context.issuer,
        challenge: binding.challenge,
        userCode: displayUserCode(request.userCode),
        thumbprint: request.parameters.dpop_jkt,
      });
    if (!isProven) {
      throw new HttpError(
        403,
        'invalid_proof',
        'The page that began the sign-in has not proven that it did. Approve with its match code instead.',
      );
    }
  }

  /** Each try is taken before it is judged, or many at once would all be judged. */
  async #assertMatchCode(userCode: string, matchCode: string): Promise<void> {
    const { database, secrets } = this.#context;
    const taken = await database
      .updateTable('oauth_records')
      .set({ match_tries: sql`match_tries + 1` })
      .where('kind', '=', 'DeviceCode')
      .where('user_code_hash', '=', hashIdentifier(userCode))
      .where('decided_at', 'is', null)
      .where('match_tries', '<', maximumMatchTries)
      .returning('match_tries')
      .executeTakeFirst();
    if (!taken) return this.#explainRefusal(userCode);
    if (matchCode === secrets.matchCodeOf(userCode)) return;
    if (taken.match_tries < maximumMatchTries) {
      throw new HttpError(
        403,
        'wrong_match_code',
        'That is not the match code of the page that began the sign-in. One try is left.',
      );
    }
    await decide(database, userCode, {
      error: 'access_denied',
      errorDescription: 'The sign-in was ended, because a wrong match code was entered twice. Start again.',
    });
    throw new HttpError(
      403,
      'match_codes_used_up',
      'That was the second wrong match code, so the sign-in was ended. Start it again to get a new one.',
    );
  }

  /** A decision that came too late: the code has expired since it was looked up, or somebody else was faster. */
  async #explainRefusal(userCode: string): Promise<never> {
    await this.lookUp(userCode);
    throw alreadyDecided();
  }
}

function believerOf({ clientId, owner }: Instance, { id: accountId }: SignedInAccount) {
  return { clientId, accountId, workspaceId: owner?.workspaceId ?? null };
}

function notAMember(): HttpError {
  return new HttpError(
    403,
    'access_denied',
    'You are no longer a member of your own workspace, so you cannot claim an instance for it. Ask its owner to let you in again.',
  );
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
