import { Command, Option } from 'commander';
import { openInBrowser } from '../browser.ts';
import { defaultCloud, defaultListen, defaultWebApp, parseInstanceConfig } from '../config.ts';
import { createInstance } from '../instance.ts';
import type { ReachFlags } from '../reach-config.ts';
import { stopOnSignal } from '../stop-on-signal.ts';
import { confirmReset, type ResetFlags, resetOptions } from './confirm-reset.ts';
import { collectWords, dataPathOption, type KeyFlags, keyOptions, parseKeyFlags } from './options.ts';
import { fingerprintSentence, reachOptions } from './reach-options.ts';

interface ServeFlags extends KeyFlags, ReachFlags, ResetFlags {
  readonly dataPath: string;
  readonly listen: string;
  readonly cloud: string;
  readonly allowOrigin?: readonly string[];
  readonly webApp: string;
  readonly open: boolean;
}

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('Start the instance and keep running until Ctrl-C.')
    .allowExcessArguments(false)
    .configureHelp({ showGlobalOptions: true })
    .addOption(dataPathOption())
    .addOption(
      new Option('--listen <host:port>', 'address to listen on; localhost means IPv4 and IPv6 loopback')
        .env('HOLDFAST_LISTEN')
        .default(defaultListen),
    )
    .addOption(
      new Option('--cloud <issuer>', 'the cloud that signs people in: https, or http on a loopback name')
        .env('HOLDFAST_CLOUD')
        .default(defaultCloud),
    );
  for (const option of [...keyOptions(), ...reachOptions(), ...resetOptions()]) command.addOption(option);
  return command
    .addOption(
      new Option(
        '--allow-origin <origin>',
        'web origin whose pages may use the instance; repeatable (default: none)',
      )
        .env('HOLDFAST_ALLOW_ORIGIN')
        .argParser(collectWords),
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
}

async function serve(flags: ServeFlags): Promise<void> {
  const { keys, passphrase } = parseKeyFlags(flags);
  const instance = await createInstance(parseInstanceConfig({ ...flags, keys }), {
    passphrase,
    confirmReset: confirmReset(flags),
  });
  const address = instance.claimUrl ?? instance.url;
  console.log(
    `The instance runs at ${address}\nIts data is in ${instance.dataPath}\nIts cloud is ${instance.cloud}`,
  );
  const { selfSignedFingerprint } = instance;
  if (selfSignedFingerprint !== undefined) console.log(fingerprintSentence(selfSignedFingerprint));
  stopOnSignal(instance);
  if (flags.open) await openInBrowser(address);
}
