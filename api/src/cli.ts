#!/usr/bin/env node
import { Command, Option } from 'commander';
import { openInBrowser } from './browser.ts';
import {
  defaultCloud,
  defaultDataPath,
  defaultKeyDirectory,
  defaultListen,
  defaultWebApp,
  type InstanceFlags,
  parseInstanceConfig,
} from './config.ts';
import { StartupError } from './errors.ts';
import { createInstance } from './instance.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { version } from './version.ts';

const keyDirectory = defaultKeyDirectory(process.env, process.platform);

const program = new Command('holdfast')
  .description('A Holdfast instance: one data directory and the server on it.')
  .version(version)
  .showHelpAfterError();

program
  .command('serve')
  .description('Start the instance and keep running until Ctrl-C.')
  .allowExcessArguments(false)
  .addOption(
    new Option('--data-path <dir>', "the instance's own data directory, created if missing")
      .env('HOLDFAST_DATA_PATH')
      .default(defaultDataPath(process.env, process.platform)),
  )
  .addOption(
    new Option('--listen <host:port>', 'address to listen on; localhost means IPv4 and IPv6 loopback')
      .env('HOLDFAST_LISTEN')
      .default(defaultListen),
  )
  .addOption(
    new Option('--cloud <issuer>', 'the cloud that signs people in: https, or http on a loopback name')
      .env('HOLDFAST_CLOUD')
      .default(defaultCloud),
  )
  .addOption(
    new Option(
      '--key-file <file>',
      `file with the key that wraps the secrets, outside the data directory (default: one per data directory in ${keyDirectory})`,
    ).env('HOLDFAST_KEY_FILE'),
  )
  .addOption(
    new Option(
      '--allow-origin <origin>',
      'web origin whose pages may use the instance; repeatable (default: none)',
    )
      .env('HOLDFAST_ALLOW_ORIGIN')
      .argParser(collectOrigins),
  )
  .addOption(
    new Option(
      '--web-app <path-or-url>',
      'directory of the built web app, or http URL of a Vite server on this machine',
    )
      .env('HOLDFAST_WEB_APP')
      .default(defaultWebApp),
  )
  .addOption(new Option('--no-open', 'do not open the browser').env('HOLDFAST_NO_OPEN'))
  .action(serve);

await program.parseAsync();

async function serve(flags: Omit<InstanceFlags, 'keyDirectory'> & { open: boolean }): Promise<void> {
  try {
    const instance = await createInstance(parseInstanceConfig({ ...flags, keyDirectory }));
    const address = instance.claimUrl ?? instance.url;
    console.log(
      `The instance runs at ${address}\nIts data is in ${instance.dataPath}\nIts cloud is ${instance.cloud}`,
    );
    stopOnSignal(instance);
    if (flags.open) await openInBrowser(address);
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** From the environment several origins come at once, separated by spaces or commas. */
function collectOrigins(text: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...text.split(/[\s,]+/).filter(Boolean)];
}
