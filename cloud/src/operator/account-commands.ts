import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withAccountTables } from '../accounts/account-tables.ts';
import { disableAccount, enableAccount } from '../accounts/disabled-accounts.ts';
import { createCommand } from '../create-command.ts';
import { printable } from '../printable.ts';
import { openExistingCloud } from './existing-cloud.ts';
import { accountIdOf } from './find-account.ts';
import type { OperatorCommandContext, OperatorFlags } from './operator-command.ts';

/** `holdfast-cloud accounts list | disable | enable`, all of them while the cloud runs. */
export function accountCommands({ dataPathOption, orSay }: OperatorCommandContext): Command {
  const accounts = createCommand('accounts').description(
    'List accounts, shut one out or let it in again; the cloud may be running.',
  );
  accounts
    .command('list')
    .description('Print every account, one in a line.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (flags: OperatorFlags) =>
      orSay(async () => console.log(await listAccounts(flags.dataPath))),
    );
  accounts
    .command('disable <email>')
    .description(
      'Shut an account out: its sessions and its sign-ins at instances end, and it gets no new ones.',
    )
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (email: string, flags: OperatorFlags) =>
      orSay(async () => console.log(await disable(flags.dataPath, email))),
    );
  accounts
    .command('enable <email>')
    .description('Let an account that was disabled sign in again.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .action(async (email: string, flags: OperatorFlags) =>
      orSay(async () => console.log(await enable(flags.dataPath, email))),
    );
  return accounts;
}

async function listAccounts(dataPath: string): Promise<string> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const rows = await withAccountTables(cloud.database)
    .selectFrom('user')
    .leftJoin('disabled_accounts', 'disabled_accounts.account_id', 'user.id')
    .select(['user.email', 'user.name', 'user.emailVerified', 'disabled_accounts.disabled_at'])
    .orderBy('user.email')
    .execute();
  if (rows.length === 0) return 'There are no accounts yet.';
  return rows
    .map(({ email, name, emailVerified, disabled_at }) => {
      const state =
        disabled_at === null ? 'enabled' : `disabled since ${new Date(disabled_at).toISOString()}`;
      const address = emailVerified === 1 ? 'address confirmed' : 'address not confirmed';
      return [email, name, state, address].map(printable).join('\t');
    })
    .join('\n');
}

async function disable(dataPath: string, email: string): Promise<string> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const isNews = await disableAccount(cloud.events, await accountIdOf(cloud.database, email));
  return isNews
    ? 'The account is disabled: it is signed out everywhere and cannot sign in.'
    : 'The account was disabled already.';
}

async function enable(dataPath: string, email: string): Promise<string> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const isNews = await enableAccount(cloud.database, await accountIdOf(cloud.database, email));
  return isNews ? 'The account may sign in again.' : 'The account was not disabled.';
}
