import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { withAccountTables } from '../accounts/account-tables.ts';
import { disableAccount, enableAccount } from '../accounts/disabled-accounts.ts';
import { refusePasswordInArguments } from '../accounts/mail/smtp-config.ts';
import { createCommand } from '../create-command.ts';
import { printable } from '../printable.ts';
import { openExistingCloud } from './existing-cloud.ts';
import { accountIdOf } from './find-account.ts';
import type { OperatorCommandContext, OperatorFlags } from './operator-command.ts';
import { type ResetSecondFactorFlags, resetSecondFactor } from './reset-second-factor.ts';

/** `holdfast-cloud accounts list | disable | enable | reset-second-factor`, all of them while the cloud runs. */
export function accountCommands({ dataPathOption, orSay }: OperatorCommandContext): Command {
  const accounts = createCommand('accounts').description(
    'List accounts, shut one out or let it in again, turn its two-step sign-in off; the cloud may be running.',
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
      'Shut an account out: its sessions, its sign-ins at instances and its registration keys end, and it gets no new ones.',
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
  accounts
    .command('reset-second-factor <email>')
    .description(
      'Turn two-step sign-in off for an account whose owner cannot get in by it, and sign it out everywhere; a mail tells the owner.',
    )
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .addOption(
      new Option('--smtp-url <url>', 'mail server, as for holdfast-cloud serve').env(
        'HOLDFAST_CLOUD_SMTP_URL',
      ),
    )
    .addOption(
      new Option('--mail-from <address>', 'who the mail is from, as for holdfast-cloud serve').env(
        'HOLDFAST_CLOUD_MAIL_FROM',
      ),
    )
    .action(async (email: string, flags: ResetSecondFactorFlags, command: Command) =>
      orSay(async () => {
        if (command.getOptionValueSource('smtpUrl') === 'cli') refusePasswordInArguments(flags.smtpUrl);
        console.log(await resetSecondFactor(flags, email));
      }),
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
    ? 'The account is disabled: it is signed out everywhere and cannot sign in, and its registration keys are revoked.'
    : 'The account was disabled already.';
}

async function enable(dataPath: string, email: string): Promise<string> {
  await using cloud = await openExistingCloud(resolve(dataPath));
  const isNews = await enableAccount(cloud.database, await accountIdOf(cloud.database, email));
  return isNews ? 'The account may sign in again.' : 'The account was not disabled.';
}
