import { type ExpressionBuilder, type SqlBool, sql, type Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import { revokeKeysOf } from '../registration-keys/revoke-keys-of.ts';
import type { Publish, SecurityEvents } from '../security-events/security-events.ts';
import { endSignIns } from '../sign-ins/sign-ins.ts';
import type { Role } from './role.ts';

/** What became of a change: a workspace keeps an owner, so the last one neither leaves nor becomes less. */
export type MemberChange = 'done' | 'not_a_member' | 'last_owner';

export interface MembersOptions {
  readonly issuer: string;
  readonly events: SecurityEvents;
  readonly resources: InstanceResources;
}

/** Who belongs to a workspace, and as what: the one place that changes it, because its instances have to hear of it. */
export class Members {
  readonly #options: MembersOptions;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** Gives an account another role in a workspace, or a first one. The keys of one that is no owner any more end. */
  async setRole(
    workspaceId: string,
    accountId: string,
    role: Role,
  ): Promise<Exclude<MemberChange, 'not_a_member'>> {
    const { issuer, events } = this.#options;
    return events.publishing(async (transaction, publish) => {
      const { numInsertedOrUpdatedRows } = await transaction
        .insertInto('workspace_members')
        .values({ workspace_id: workspaceId, account_id: accountId, role, joined_at: Date.now() })
        .onConflict((conflict) =>
          conflict
            .columns(['workspace_id', 'account_id'])
            .doUpdateSet({ role })
            .where((row) => (role === 'owner' ? sql<SqlBool>`true` : leavesAnOwner(row))),
        )
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows !== 1n) return 'last_owner';
      if (role !== 'owner') await revokeKeysOf(transaction, accountId, workspaceId);
      const subject = { format: 'iss_sub', iss: issuer, sub: accountId } as const;
      const signIns = await transaction
        .selectFrom('sign_ins')
        .select('resource')
        .distinct()
        .where('account_id', '=', accountId)
        .where('resource', 'in', await this.#resourcesOf(transaction, workspaceId))
        .execute();
      for (const { resource } of signIns)
        await publish({ type: 'token-claims-change', resource, subject, claims: { role } });
      return 'done';
    });
  }

  /** Lets an account into the instances of a workspace no more: its sign-ins there and its keys end. */
  async remove(workspaceId: string, accountId: string): Promise<MemberChange> {
    return this.#options.events.publishing(async (transaction, publish) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('workspace_members')
        .where('workspace_id', '=', workspaceId)
        .where('account_id', '=', accountId)
        .where((row) => leavesAnOwner(row))
        .executeTakeFirst();
      if (numDeletedRows !== 1n) {
        const member = await transaction
          .selectFrom('workspace_members')
          .select('role')
          .where('workspace_id', '=', workspaceId)
          .where('account_id', '=', accountId)
          .executeTakeFirst();
        return member ? 'last_owner' : 'not_a_member';
      }
      await revokeKeysOf(transaction, accountId, workspaceId);
      const resources = await this.#resourcesOf(transaction, workspaceId);
      await endSignIns(transaction, publish, (row) =>
        row.and([row('account_id', '=', accountId), row('resource', 'in', resources)]),
      );
      return 'done';
    });
  }

  /**
   * Takes an account that is deleted out of every workspace. One that belonged to it, or to an account deleted before,
   * goes on while there is an owner. Without one nobody could remove the other members, so they go with the last owner.
   *
   * @param transaction the one that deletes the account, after its own sign-ins
   */
  async removeDeleted(transaction: Transaction<Tables>, publish: Publish, accountId: string): Promise<void> {
    await transaction
      .updateTable('workspaces')
      .set({ name: 'Deleted workspace', personal_account_id: null })
      .where('personal_account_id', '=', accountId)
      .execute();
    const left = await transaction
      .deleteFrom('workspace_members')
      .where('account_id', '=', accountId)
      .returning('workspace_id')
      .execute();
    const ownerless = await transaction
      .selectFrom('workspaces')
      .select('id')
      .where(
        'id',
        'in',
        left.map(({ workspace_id }) => workspace_id),
      )
      .where('personal_account_id', 'is', null)
      .where('id', 'not in', (query) =>
        query.selectFrom('workspace_members').select('workspace_id').where('role', '=', 'owner'),
      )
      .execute();
    for (const { id } of ownerless) {
      await transaction.deleteFrom('workspace_members').where('workspace_id', '=', id).execute();
      const resources = await this.#resourcesOf(transaction, id);
      await endSignIns(transaction, publish, (row) => row('resource', 'in', resources));
    }
  }

  /** The instances of a workspace, as tokens have them in `aud`. */
  async #resourcesOf(transaction: Transaction<Tables>, workspaceId: string): Promise<string[]> {
    const instances = await transaction
      .selectFrom('instances')
      .select('client_id')
      .where('workspace_id', '=', workspaceId)
      .execute();
    return instances.map(({ client_id }) => this.#options.resources.resourceOf(client_id));
  }
}

/** Judged by the statement that changes the row, so that of two owners who go at once one stays. */
function leavesAnOwner(row: ExpressionBuilder<Tables, 'workspace_members'>) {
  return row.or([
    row('workspace_members.role', '!=', 'owner'),
    row.exists(
      row
        .selectFrom('workspace_members as other')
        .select('other.role')
        .whereRef('other.workspace_id', '=', 'workspace_members.workspace_id')
        .whereRef('other.account_id', '!=', 'workspace_members.account_id')
        .where('other.role', '=', 'owner'),
    ),
  ]);
}
