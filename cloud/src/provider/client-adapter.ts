import type { Adapter, AdapterPayload, AllClientMetadata } from 'oidc-provider';
import { CustomOIDCProviderError, InvalidRequest } from 'oidc-provider/lib/helpers/errors.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import type { Database } from '../database/database.ts';
import { clientAddress, networksOf } from '../http/client-address.ts';
import { deregister } from '../instances/deregistration.ts';
import { register } from '../instances/unclaimed.ts';
import {
  maximumInstancesPerWorkspace,
  registerByKey,
  WorkspaceFullError,
} from '../registration-keys/register-by-key.ts';
import { registrationAttemptIn } from '../registration-keys/registration-attempt.ts';
import { registrationKeyIn } from '../registration-keys/registration-key.ts';
import { hashIdentifier } from './identifier-hash.ts';
import type { InstanceResources } from './resource-server.ts';

/** Told that an instance is gone. */
export type OnDeregistered = (clientId: string) => void;

/**
 * Storage of dynamically registered clients: every one is an instance, so they live in `instances`. What `find`
 * returns as `client_secret` is the hash of the secret; `acceptHashedClientSecrets` compares against it.
 */
export class ClientAdapter implements Adapter {
  readonly #database: Database;
  readonly #resources: InstanceResources;
  readonly #onDeregistered: OnDeregistered;

  constructor(
    database: Database,
    resources: InstanceResources,
    onDeregistered: OnDeregistered = () => undefined,
  ) {
    this.#database = database;
    this.#resources = resources;
    this.#onDeregistered = onDeregistered;
  }

  /** Registers an instance, or changes what it says about itself: the secret it got at first stays. */
  async upsert(clientId: string, payload: AdapterPayload): Promise<void> {
    const { client_secret: clientSecret, ...metadata } = payload as AllClientMetadata;
    if (!clientSecret) throw new TypeError('instances are confidential clients');
    if (await this.#update(clientId, metadata)) return;
    const instance = {
      client_id: clientId,
      client_metadata: JSON.stringify(metadata),
      client_secret_hash: hashIdentifier(clientSecret),
    };
    if (Provider.ctx?.query.access_token !== undefined) {
      throw new InvalidRequest(
        'a registration key belongs into the Authorization header, never into an address',
      );
    }
    const request = Provider.ctx?.req;
    // Whoever shows something means to be registered by it: without it, somebody else could claim the instance.
    const authorization = request?.headers.authorization;
    if (authorization !== undefined) {
      const attempt = registrationAttemptIn(request?.headers ?? {});
      await this.#registerByKey(registrationKeyIn(authorization), attempt, instance);
      return;
    }
    const isRegistered = await register(this.#database, this.#resources, {
      ...instance,
      registered_at: Date.now(),
      networks: request ? networksOf(clientAddress(request)) : null,
    });
    if (!isRegistered) throw new TooManyUnclaimed();
  }

  async #registerByKey(
    key: string | undefined,
    attempt: string | undefined,
    instance: Parameters<typeof registerByKey>[3],
  ): Promise<void> {
    try {
      const isRegistered =
        key !== undefined &&
        (await registerByKey(this.#database, this.#resources, { key, attempt }, instance));
      if (!isRegistered) throw new RegistrationKeyRefused();
    } catch (error) {
      throw error instanceof WorkspaceFullError ? new TooManyClaimed() : error;
    }
  }

  async #update(clientId: string, metadata: AllClientMetadata): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('instances')
      .set({ client_metadata: JSON.stringify(metadata) })
      .where('client_id', '=', clientId)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async find(clientId: string): Promise<AdapterPayload | undefined> {
    const row = await this.#database
      .selectFrom('instances')
      .select(['client_metadata', 'client_secret_hash'])
      .where('client_id', '=', clientId)
      .executeTakeFirst();
    return (
      row && {
        ...(JSON.parse(row.client_metadata) as AllClientMetadata),
        client_secret: row.client_secret_hash,
      }
    );
  }

  async destroy(clientId: string): Promise<void> {
    await this.#database
      .transaction()
      .execute(async (transaction) => deregister(transaction, this.#resources, [clientId]));
    this.#onDeregistered(clientId);
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async findByUid(): Promise<undefined> {
    return undefined;
  }

  async consume(): Promise<void> {}

  async revokeByGrantId(): Promise<void> {}
}

class TooManyUnclaimed extends CustomOIDCProviderError {
  constructor() {
    super(
      'temporarily_unavailable',
      'too many instances that nobody has claimed are registered from your network; claim them, or try again tomorrow',
    );
  }
}

class TooManyClaimed extends CustomOIDCProviderError {
  constructor() {
    super(
      'temporarily_unavailable',
      `the workspace of this registration key has ${maximumInstancesPerWorkspace.toLocaleString('en')} instances, and can have no more by a key: remove some that are not needed; the key was not used up`,
    );
  }
}

/** RFC 6750 section 3.1. It does not tell a key that never was from one that is over. */
class RegistrationKeyRefused extends CustomOIDCProviderError {
  constructor() {
    super(
      'invalid_token',
      'this registration key is not good: it may be wrong, expired, used already or revoked, or whoever made it owns the workspace no longer; have an owner of the workspace make a new one',
    );
    this.status = 401;
    this.statusCode = 401;
  }
}
