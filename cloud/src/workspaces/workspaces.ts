import { randomUUID } from 'node:crypto';
import type { Account } from '../accounts/accounts.ts';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import type { Role } from './role.ts';

/** Who owns instances. */
export interface Workspace {
  readonly id: string;
  readonly name: string;
}

/** The workspaces of accounts. In this release every account has exactly one, its personal one. */
export class Workspaces {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The account's personal workspace, created when it is first asked for; two requests at once get the same. */
  async personalWorkspaceOf(account: Account): Promise<Workspace> {
    return (await this.#findPersonal(account.id)) ?? (await this.#createPersonal(account));
  }

  /** The workspaces that the account is an owner of, its personal one first. */
  async ownedBy(account: Account): Promise<Workspace[]> {
    const personal = await this.personalWorkspaceOf(account);
    const owned = await this.#database
      .selectFrom('workspace_members')
      .innerJoin('workspaces', 'workspaces.id', 'workspace_members.workspace_id')
      .select(['workspaces.id', 'workspaces.name'])
      .where('workspace_members.account_id', '=', account.id)
      .where('workspace_members.role', '=', 'owner')
      .orderBy('workspaces.name')
      .execute();
    return [...owned.filter(({ id }) => id === personal.id), ...owned.filter(({ id }) => id !== personal.id)];
  }

  async isMember(accountId: string, workspaceId: string): Promise<boolean> {
    return (await this.roleOf(accountId, workspaceId)) !== undefined;
  }

  /** What the account may do in the workspace; undefined unless it is a member. */
  async roleOf(accountId: string, workspaceId: string): Promise<Role | undefined> {
    const { rows } = await findRole(this.#database, { accountId, workspaceId });
    return rows[0]?.role;
  }

  async #findPersonal(accountId: string): Promise<Workspace | undefined> {
    return (await findPersonalWorkspace(this.#database, { accountId })).rows[0];
  }

  async #createPersonal(account: Account): Promise<Workspace> {
    const now = Date.now();
    return this.#database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('workspaces')
        .values({
          id: randomUUID(),
          name: `${account.name}’s workspace`,
          personal_account_id: account.id,
          created_at: now,
        })
        .onConflict((conflict) => conflict.column('personal_account_id').doNothing())
        .execute();
      const workspace = await transaction
        .selectFrom('workspaces')
        .select(['id', 'name'])
        .where('personal_account_id', '=', account.id)
        .executeTakeFirstOrThrow();
      await transaction
        .insertInto('workspace_members')
        .values({ workspace_id: workspace.id, account_id: account.id, role: 'owner', joined_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return workspace;
    });
  }
}

const findRole = preparedQuery(
  (database, { accountId, workspaceId }: { readonly accountId: string; readonly workspaceId: string }) =>
    database
      .selectFrom('workspace_members')
      .select('role')
      .where('account_id', '=', accountId)
      .where('workspace_id', '=', workspaceId),
);

const findPersonalWorkspace = preparedQuery((database, { accountId }: { readonly accountId: string }) =>
  database.selectFrom('workspaces').select(['id', 'name']).where('personal_account_id', '=', accountId),
);
