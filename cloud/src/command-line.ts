import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { createInvite } from './accounts/create-invite.ts';
import { defaultInviteDays } from './accounts/invites.ts';
import { refusePasswordInArguments } from './accounts/mail/smtp-config.ts';
import { createCloud } from './cloud.ts';
import {
  type CloudFlags,
  defaultDataPath,
  defaultListen,
  defaultWebApp,
  parseCloudConfig,
} from './config.ts';
import { createCommand } from './create-command.ts';
import { StartupError } from './errors.ts';
import type { LifetimeFlags } from './lifetime-config.ts';
import { lifetimeOptions } from './lifetime-options.ts';
import { accountCommands } from './operator/account-commands.ts';
import { keyCommands } from './operator/key-commands.ts';
import { memberCommands } from './operator/member-commands.ts';
import { registrationKeyCommands } from './operator/registration-key-commands.ts';
import { withoutKeys } from './registration-keys/without-keys.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { version } from './version.ts';

/** Runs the command that `process.argv` names. Failures that a person can mend end as one sentence and exit code 1. */
export async function runCommandLine(): Promise<void> {
  const program = createCommand('holdfast-cloud')
    .description('The Holdfast cloud: knows who owns which instance, and signs people in.')
    .version(version)
    .showHelpAfterError();

  const serveCommand = program
    .command('serve')
    .description('Start the cloud and keep running until Ctrl-C.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .addOption(
      new Option('--listen <host:port>', 'address to listen on; localhost means IPv4 and IPv6 loopback')
        .env('HOLDFAST_CLOUD_LISTEN')
        .default(defaultListen),
    )
    .addOption(
      new Option(
        '--issuer <url>',
        'address by which browsers and instances reach the cloud: https, or http on a loopback name (default: http://HOST:PORT of --listen)',
      ).env('HOLDFAST_CLOUD_ISSUER'),
    )
    .addOption(
      new Option(
        '--web-app <path-or-url>',
        'directory of the built web app, or http URL of a Vite server on this machine',
      )
        .env('HOLDFAST_WEB_APP')
        .default(defaultWebApp),
    )
    .addOption(
      new Option(
        '--smtp-url <url>',
        'mail server for links to verify addresses and reset passwords, smtps://HOST:PORT; with a password smtps://USER:PASSWORD@HOST:PORT, by the environment variable only (default: links go to the log)',
      ).env('HOLDFAST_CLOUD_SMTP_URL'),
    )
    .addOption(
      new Option(
        '--mail-from <address>',
        'who mails are from (default: holdfast@ and the host name of --issuer)',
      ).env('HOLDFAST_CLOUD_MAIL_FROM'),
    )
    .addOption(
      new Option(
        '--sign-up <policy>',
        'who may create an account: open, invite (see holdfast-cloud invite) or closed',
      )
        .env('HOLDFAST_CLOUD_SIGN_UP')
        .default('open'),
    )
    .addOption(
      new Option(
        '--trusted-proxy <cidr>',
        'addresses of proxies that are believed whom they speak for; repeatable (default: none)',
      )
        .env('HOLDFAST_CLOUD_TRUSTED_PROXY')
        .argParser(collectWords),
    )
    .action(serve);
  for (const option of lifetimeOptions()) serveCommand.addOption(option);

  program
    .command('invite')
    .description('Print a link with which one person can create an account; the cloud may be running.')
    .allowExcessArguments(false)
    .addOption(dataPathOption())
    .option('--days <number>', 'how long the link is good for', String(defaultInviteDays))
    .action(invite);

  program.addCommand(accountCommands({ dataPathOption, orSay }));
  program.addCommand(memberCommands({ dataPathOption, orSay }));
  program.addCommand(registrationKeyCommands({ dataPathOption, orSay }));
  program.addCommand(keyCommands({ dataPathOption, orSay }));

  await program.parseAsync();
}

function dataPathOption(): Option {
  return new Option('--data-path <dir>', "the cloud's own data directory, created if missing")
    .env('HOLDFAST_CLOUD_DATA_PATH')
    .default(defaultDataPath(process.env, process.platform));
}

type ServeFlags = Omit<CloudFlags, 'lifetimes'> & LifetimeFlags;

/** Gathers the values of an option that may be repeated; a variable holds several, separated by spaces or commas. */
function collectWords(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, ...value.split(/[\s,]+/).filter((word) => word !== '')];
}

async function serve(flags: ServeFlags, command: Command): Promise<void> {
  await orSay(async () => {
    if (command.getOptionValueSource('smtpUrl') === 'cli') refusePasswordInArguments(flags.smtpUrl);
    const cloud = await createCloud(parseCloudConfig({ ...flags, lifetimes: flags }));
    console.log(`The cloud runs at ${cloud.url}\nIts data is in ${cloud.dataPath}`);
    stopOnSignal(cloud);
  });
}

async function invite({ dataPath, days }: { dataPath: string; days: string }): Promise<void> {
  await orSay(async () => {
    const link = await createInvite(resolve(dataPath), Number(days));
    console.log(`${link}\nGood for one account, for ${days} ${days === '1' ? 'day' : 'days'}.`);
  });
}

/** Prints the sentence of a failure that a person can mend, and ends with 1. */
async function orSay(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    console.error(withoutKeys(error.message));
    process.exitCode = 1;
  }
}
