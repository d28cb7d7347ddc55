import type { Adapter, AdapterPayload, AllClientMetadata } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { deregister } from '../instances/deregistration.ts';
import { hashIdentifier } from './identifier-hash.ts';
import type { InstanceResources } from './resource-server.ts';

/**
 * Storage of dynamically registered clients: every one is an instance, so they live in `instances`. What `find`
 * returns as `client_secret` is the hash of the secret; `acceptHashedClientSecrets` compares against it.
 */
export class ClientAdapter implements Adapter {
  readonly #database: Database;
  readonly #resources: InstanceResources;

  constructor(database: Database, resources: InstanceResources) {
    this.#database = database;
    this.#resources = resources;
  }

  async upsert(clientId: string, payload: AdapterPayload): Promise<void> {
    const { client_secret: clientSecret, ...metadata } = payload as AllClientMetadata;
    if (!clientSecret) throw new TypeError('instances are confidential clients');
    await this.#database
      .insertInto('instances')
      .values({
        client_id: clientId,
        client_metadata: JSON.stringify(metadata),
        client_secret_hash: hashIdentifier(clientSecret),
        registered_at: Date.now(),
        name: null,
        workspace_id: null,
        claimed_at: null,
      })
      .execute();
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
    await deregister(this.#database, { clientId, resource: this.#resources.resourceOf(clientId) });
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
