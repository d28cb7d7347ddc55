import type { AuditEvent } from '../activity/audit-entry.ts';
import { fetchInstance, type InstanceApi, renameInstance } from '../cloud-client/ownership.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { ClaimStore } from './claim-store.ts';

export interface InstanceNamingOptions {
  readonly api: InstanceApi;
  readonly secrets: SecretsStore;
  readonly claims: ClaimStore;
  /** Adds to the audit log. */
  readonly record: (event: AuditEvent) => void;
}

/** The name of an instance, which can be changed here and at the cloud. */
export class InstanceNaming {
  readonly #options: InstanceNamingOptions;
  #begunRenames = 0;
  #endedRenames = 0;

  constructor(options: InstanceNamingOptions) {
    this.#options = options;
  }

  get name(): string | undefined {
    return this.#options.secrets.read('instance_name')?.name;
  }

  /**
   * Changes it here and at the cloud.
   *
   * @throws CloudUnreachableError | CredentialsRefusedError
   */
  async rename(name: string): Promise<void> {
    this.#begunRenames += 1;
    try {
      const record = await renameInstance(this.#options.api, name);
      await this.#save(record.name ?? name);
    } finally {
      this.#endedRenames += 1;
    }
  }

  /** Takes over what was changed at the cloud, which the instance learns when it connects. */
  async adopt(): Promise<void> {
    const { api, claims, record } = this.#options;
    const begunRenames = this.#begunRenames;
    const isAtRest = begunRenames === this.#endedRenames;
    const { name, owner } = await fetchInstance(api);
    // What the cloud says may be older or newer than what a rename from here is about to save.
    if (!isAtRest || begunRenames !== this.#begunRenames) return;
    const isOurs = owner !== undefined && owner.workspace === claims.claim?.workspace.id;
    if (!isOurs || name === undefined || name === this.name) return;
    await this.#save(name);
    record({ action: 'INSTANCE_RENAMED', outcome: 'SUCCEEDED', detail: 'at the cloud' });
  }

  async #save(name: string): Promise<void> {
    await this.#options.secrets.transaction((transaction) => transaction.put('instance_name', { name }));
  }
}
