import type { AllClientMetadata } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import { originsOfInstances, type UsedOrigin } from '../device-approval/origin-records.ts';
import type { Role } from '../workspaces/role.ts';

/** A registered instance and who owns it. Instants are epoch milliseconds. */
export interface Instance {
  readonly clientId: string;
  /** What it was called at its claim or later; `null` while unclaimed. */
  readonly name: string | null;
  /** What it calls itself in its registration: unverified. */
  readonly clientName: string | null;
  readonly registeredAt: number;
  readonly owner: {
    readonly workspaceId: string;
    readonly workspaceName: string;
    readonly claimedAt: number;
  } | null;
}

/** An instance of a workspace, as its members see it. Instants are epoch milliseconds. */
export interface OwnedInstance {
  readonly client_id: string;
  readonly name: string | null;
  readonly claimed_at: number | null;
  readonly role: Role;
  /** From where the account, or an owner, has signed in to it: a few, the latest first. */
  readonly origins: readonly UsedOrigin[];
}

export type ClaimOutcome = 'claimed' | 'already_claimed' | 'not_approved';

/** The record of which instances exist and whose they are. */
export class Instances {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(clientId: string): Promise<Instance | undefined> {
    const { rows } = await findInstance(this.#database, { clientId });
    const [row] = rows;
    if (!row) return undefined;
    const { client_name: clientName } = JSON.parse(row.client_metadata) as AllClientMetadata;
    return {
      clientId: row.client_id,
      name: row.name,
      clientName: clientName ?? null,
      registeredAt: row.registered_at,
      owner:
        row.workspace_id === null
          ? null
          : {
              workspaceId: row.workspace_id,
              workspaceName: row.workspace_name ?? '',
              claimedAt: row.claimed_at ?? 0,
            },
    };
  }

  async isRegistered(clientId: string): Promise<boolean> {
    return (await findClientId(this.#database, { clientId })).rows.length > 0;
  }

  /** The instances that the account's workspaces own, with its role there, the newest claim first. */
  async ownedBy(accountId: string): Promise<OwnedInstance[]> {
    const origins = await originsOfInstances(this.#database, accountId);
    const owned = await this.#database
      .selectFrom('instances')
      .innerJoin('workspace_members', 'workspace_members.workspace_id', 'instances.workspace_id')
      .select(['instances.client_id', 'instances.name', 'instances.claimed_at', 'workspace_members.role'])
      .where('workspace_members.account_id', '=', accountId)
      .orderBy('instances.claimed_at', 'desc')
      .execute();
    return owned.map((instance) => ({ ...instance, origins: origins.get(instance.client_id) ?? [] }));
  }

  /**
   * Records the owner, only while there is none: one conditional UPDATE decides between rivals. The name is the one
   * chosen when that workspace approved a login, else the one the instance gave itself.
   */
  async claim(instance: Instance, workspaceId: string): Promise<ClaimOutcome> {
    const { clientId, clientName } = instance;
    const approval = await this.#database
      .selectFrom('instance_approvals')
      .select('instance_name')
      .where('client_id', '=', clientId)
      .where('workspace_id', '=', workspaceId)
      .executeTakeFirst();
    if (!approval) return 'not_approved';

    await this.#database
      .updateTable('instances')
      .set({
        workspace_id: workspaceId,
        claimed_at: Date.now(),
        name: approval.instance_name ?? clientName,
      })
      .where('client_id', '=', clientId)
      .where('workspace_id', 'is', null)
      .execute();
    const { workspace_id: owner } = await this.#database
      .selectFrom('instances')
      .select('workspace_id')
      .where('client_id', '=', clientId)
      .executeTakeFirstOrThrow();
    return owner === workspaceId ? 'claimed' : 'already_claimed';
  }

  /** Renames an instance that has an owner. Returns whether it had one. */
  async rename(clientId: string, name: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('instances')
      .set({ name })
      .where('client_id', '=', clientId)
      .where('workspace_id', 'is not', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }
}

const findClientId = preparedQuery((database, { clientId }: { readonly clientId: string }) =>
  database.selectFrom('instances').select('client_id').where('client_id', '=', clientId),
);

const findInstance = preparedQuery((database, { clientId }: { readonly clientId: string }) =>
  database
    .selectFrom('instances')
    .leftJoin('workspaces', 'workspaces.id', 'instances.workspace_id')
    .select([
      'instances.client_id',
      'instances.client_metadata',
      'instances.name',
      'instances.registered_at',
      'instances.workspace_id',
      'instances.claimed_at',
      'workspaces.name as workspace_name',
    ])
    .where('client_id', '=', clientId),
);
