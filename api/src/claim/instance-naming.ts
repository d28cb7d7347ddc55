import type { AuditEvent } from '../activity/audit-entry.ts';
import { fetchInstance, type InstanceApi, renameInstance } from '../cloud-client/ownership.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { ClaimStore } from './claim-store.ts';

export interface InstanceNamingOptions {
  readonly api: InstanceApi;
  readonly secrets: SecretsStore;
  readonly claims: ClaimStore;
  /** Adds to the audit log. */
  readonly record: (event: AuditEvent, at: number) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** As it is kept, sealed like the name itself; the audit log knows it by its instant only. */
interface Rename {
  /** Milliseconds since the epoch; rises from one to the next. */
  readonly at: number;
  readonly from?: string | undefined;
  readonly to: string;
}

const mostRenames = 50;

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

  /** The rename of an instant, as long as it is kept. */
  renameAt(at: number): { from: string | undefined; to: string } | undefined {
    const rename = this.#renames.find((candidate) => candidate.at === at);
    return rename && { from: rename.from, to: rename.to };
  }

  /**
   * Changes it here and at the cloud.
   *
   * @returns when, by which `renameAt` finds it
   * @throws CloudUnreachableError | CredentialsRefusedError
   */
  async rename(name: string): Promise<number> {
    this.#begunRenames += 1;
    try {
      const record = await renameInstance(this.#options.api, name);
      return await this.#save(record.name ?? name);
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
    const at = await this.#save(name);
    record({ action: 'INSTANCE_RENAMED', outcome: 'SUCCEEDED', detail: 'at the cloud' }, at);
  }

  get #renames(): readonly Rename[] {
    return JSON.parse(this.#options.secrets.read('instance_renames')?.renames ?? '[]') as Rename[];
  }

  async #save(to: string): Promise<number> {
    const { secrets, now } = this.#options;
    let at = 0;
    await secrets.transaction((transaction) => {
      const renames = this.#renames;
      at = Math.max(now(), (renames.at(-1)?.at ?? 0) + 1);
      const latest: Rename[] = [...renames, { at, from: this.name, to }].slice(-mostRenames);
      transaction.put('instance_name', { name: to });
      transaction.put('instance_renames', { renames: JSON.stringify(latest) });
    });
    return at;
  }
}
