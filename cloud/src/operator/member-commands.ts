import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { withAccountTables } from '../accounts/account-tables.ts';
import { createCommand } from '../create-command.ts';
import type { Database } from '../database/database.ts';
import { StartupError } from '../errors.ts';
import { printable } from '../printable.ts';
import { InstanceResources } from '../provider/resource-server.ts';
import { type MemberChange, Members } from '../workspaces/members.ts';
import { type Role, roles } from '../workspaces/role.ts';
import { type ExistingCloud, openExistingCloud } from './existing-cloud.ts';
import { accountIdOf } from './find-account.ts';
import type { OperatorCommandContext, OperatorFlags } from './operator-command.ts';

/** `holdfast-cloud members list | set | remove`: who belongs to the workspace of an account; the cloud may be running. */
export function memberCommands({ dataPathOption, orSay }: OperatorCommandContext): Command {
  const members = createCommand('members').description(
    'List, admit, promote and remove the members of a workspace, which OWNER names by email; the cloud may be running.',
  );
  members
    .command('list <owner>')
    .description('Print every member, one in a line.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (owner: string, flags: OperatorFlags) => orSay(async () => list(flags, owner)));
  members
    .command('set <owner> <email>')
    .description(
      'Give an account a role in the workspace; its connected instances hear of it within seconds.',
    )
    .addArgument(new Argument('<role>', 'what the account may do').choices(roles))
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (owner: string, email: string, role: Role, flags: OperatorFlags) =>
      orSay(async () =>
        change(flags, owner, email, async (to, workspaceId, accountId) => {
          return to.setRole(workspaceId, accountId, role);
        }),
      ),
    );
  members
    .command('remove <owner> <email>')
    .description('Remove an account from the workspace: its sign-ins at the instances of it end.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (owner: string, email: string, flags: OperatorFlags) =>
      orSay(async () =>
        change(flags, owner, email, async (from, workspaceId, accountId) =>
          from.remove(workspaceId, accountId),
        ),
      ),
    );
  return members;
}

async function list({ dataPath }: OperatorFlags, owner: string): Promise<void> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const rows = await withAccountTables(cloud.database)
    .selectFrom('workspace_members')
    .innerJoin('user', 'user.id', 'workspace_members.account_id')
    .select(['user.email', 'user.name', 'workspace_members.role'])
    .where('workspace_id', '=', await workspaceOf(cloud.database, owner))
    .orderBy('user.email')
    .execute();
  for (const { email, name, role } of rows) console.log([email, name, role].map(printable).join('\t'));
}

async function change(
  { dataPath }: OperatorFlags,
  owner: string,
  email: string,
  act: (members: Members, workspaceId: string, accountId: string) => Promise<MemberChange>,
): Promise<void> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const workspaceId = await workspaceOf(cloud.database, owner);
  const outcome = await act(membersOf(cloud), workspaceId, await accountIdOf(cloud.database, email));
  if (outcome === 'done') {
    console.log('Done. Instances that are connected hear of it within seconds.');
    return;
  }
  throw new StartupError(
    outcome,
    outcome === 'last_owner'
      ? 'This is the last owner of the workspace, which needs one. Make somebody else an owner first.'
      : 'This account is no member of the workspace. See holdfast-cloud members list.',
  );
}

function membersOf({ issuer, events }: ExistingCloud): Members {
  return new Members({ issuer, events, resources: new InstanceResources(issuer) });
}

/** @throws {StartupError} `unknown_account`, also for one without a workspace */
async function workspaceOf(database: Database, owner: string): Promise<string> {
  const workspace = await database
    .selectFrom('workspaces')
    .select('id')
    .where('personal_account_id', '=', await accountIdOf(database, owner))
    .executeTakeFirst();
  if (workspace) return workspace.id;
  throw new StartupError(
    'unknown_account',
    'This account has no workspace yet: it gets one when it first signs in to an instance.',
  );
}
