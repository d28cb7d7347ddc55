import { withAccountTables } from '../accounts/account-tables.ts';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import { foreignInstanceMessage } from '../device-approval/device-approval.ts';
import type { Admit } from '../provider/configuration.ts';
import type { Workspaces } from './workspaces.ts';

/**
 * Admits the members of the workspace that owns an instance, and whoever comes to one that nobody owns yet, for their own
 * workspace. It is asked whenever tokens are issued, so one query answers.
 */
export function admissions(database: Database, workspaces: Workspaces): Admit {
  return async (accountId, clientId) => {
    const [found] = (await findAdmission(database, { accountId, clientId })).rows;
    if (!found) return undefined;
    const { email, name, ownerId, ownerName } = found;
    const workspace =
      ownerId === null
        ? await workspaces.personalWorkspaceOf({ id: accountId, email, name })
        : { id: ownerId, name: ownerName ?? '' };
    const role = ownerId === null ? await workspaces.roleOf(accountId, workspace.id) : found.role;
    return role ? { workspace, role, email, name } : { refused: foreignInstanceMessage };
  };
}

const findAdmission = preparedQuery(
  (database, { accountId, clientId }: { readonly accountId: string; readonly clientId: string }) =>
    withAccountTables(database)
      .selectFrom('user')
      .innerJoin('instances', (join) => join.on('instances.client_id', '=', clientId))
      .leftJoin('workspaces', 'workspaces.id', 'instances.workspace_id')
      .leftJoin('workspace_members', (join) =>
        join
          .onRef('workspace_members.workspace_id', '=', 'instances.workspace_id')
          .onRef('workspace_members.account_id', '=', 'user.id'),
      )
      .select([
        'user.email',
        'user.name',
        'workspaces.id as ownerId',
        'workspaces.name as ownerName',
        'workspace_members.role',
      ])
      .where('user.id', '=', accountId)
      .where('user.id', 'not in', (query) => query.selectFrom('disabled_accounts').select('account_id')),
);
