import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { withAccountTables } from '../accounts/account-tables.ts';
import { createCommand } from '../create-command.ts';
import { StartupError } from '../errors.ts';
import { printable } from '../printable.ts';
import { InstanceResources } from '../provider/resource-server.ts';
import { type MemberChange, Members } from '../workspaces/members.ts';
import { type Role, roles } from '../workspaces/role.ts';
import { type ExistingCloud, openExistingCloud } from './existing-cloud.ts';
import { accountIdOf } from './find-account.ts';
import { workspaceNamed } from './find-workspace.ts';
import type { OperatorCommandContext, OperatorFlags } from './operator-command.ts';

/** `holdfast-cloud members workspaces | list | set | remove`: who belongs to a workspace; the cloud may be running. */
export function memberCommands({ dataPathOption, orSay }: OperatorCommandContext): Command {
  const members = createCommand('members').description(
    'List, admit, promote and remove the members of a workspace, named by its ID or the email of its owner; the cloud may be running.',
  );
  members
    .command('workspaces')
    .description('Print every workspace with its ID, name and owners, one in a line.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (flags: OperatorFlags) =>
      orSay(async () => console.log(await listWorkspaces(flags.dataPath))),
    );
  members
    .command('list <workspace>')
    .description('Print every member, one in a line.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (workspace: string, flags: OperatorFlags) => orSay(async () => list(flags, workspace)));
  members
    .command('set <workspace> <email>')
    .description(
      'Give an account a role in the workspace; its connected instances hear of it within seconds. Keys that it made end when it is no owner any more.',
    )
    .addArgument(new Argument('<role>', 'what the account may do').choices(roles))
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (workspace: string, email: string, role: Role, flags: OperatorFlags) =>
      orSay(async () =>
        change(flags, workspace, email, async (to, workspaceId, accountId) => {
          const outcome = await to.setRole(workspaceId, accountId, role);
          if (outcome === 'done') await warnOfUnconfirmed(flags, accountId);
          return outcome;
        }),
      ),
    );
  members
    .command('remove <workspace> <email>')
    .description(
      'Remove an account from the workspace: its sign-ins at the instances of it and the registration keys that it made end.',
    )
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (workspace: string, email: string, flags: OperatorFlags) =>
      orSay(async () =>
        change(flags, workspace, email, async (from, workspaceId, accountId) =>
          from.remove(workspaceId, accountId),
        ),
      ),
    );
  return members;
}

async function list({ dataPath }: OperatorFlags, workspace: string): Promise<void> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const rows = await withAccountTables(cloud.database)
    .selectFrom('workspace_members')
    .innerJoin('user', 'user.id', 'workspace_members.account_id')
    .select(['user.email', 'user.name', 'workspace_members.role'])
    .where('workspace_id', '=', await workspaceNamed(cloud.database, workspace))
    .orderBy('user.email')
    .execute();
  for (const { email, name, role } of rows) console.log([email, name, role].map(printable).join('\t'));
}

async function change(
  { dataPath }: OperatorFlags,
  workspace: string,
  email: string,
  act: (members: Members, workspaceId: string, accountId: string) => Promise<MemberChange>,
): Promise<void> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const workspaceId = await workspaceNamed(cloud.database, workspace);
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

/** Anybody can sign up with an address that is not theirs, in the hope of being taken for its owner. */
async function warnOfUnconfirmed({ dataPath }: OperatorFlags, accountId: string): Promise<void> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const account = await withAccountTables(cloud.database)
    .selectFrom('user')
    .select('emailVerified')
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (account?.emailVerified === 1) return;
  console.error(
    'Nobody has confirmed the email address of this account: it may be somebody else’s. Ask its owner, or remove it with holdfast-cloud members remove.',
  );
}

function membersOf({ issuer, events }: ExistingCloud): Members {
  return new Members({ issuer, events, resources: new InstanceResources(issuer) });
}

async function listWorkspaces(dataPath: string): Promise<string> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const rows = await withAccountTables(cloud.database)
    .selectFrom('workspaces')
    .leftJoin('workspace_members', (join) =>
      join.onRef('workspace_id', '=', 'workspaces.id').on('role', '=', 'owner'),
    )
    .leftJoin('user', 'user.id', 'workspace_members.account_id')
    .select(['workspaces.id', 'workspaces.name', 'user.email'])
    .orderBy('workspaces.name')
    .orderBy('workspaces.id')
    .orderBy('user.email')
    .execute();
  if (rows.length === 0) return 'There are no workspaces yet.';
  return [...Map.groupBy(rows, ({ id }) => id)]
    .map(([id, owners]) => {
      const emails = owners.map(({ email }) => email ?? 'no owner').join(', ');
      return [id, owners[0]?.name ?? '', emails].map(printable).join('\t');
    })
    .join('\n');
}
