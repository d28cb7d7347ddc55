import { type Command, Option } from 'commander';
import { openInBrowser } from '../browser.ts';
import { defaultCloud, defaultWebApp, parseInstanceConfig } from '../config.ts';
import { createInstance } from '../instance.ts';
import type { ReachFlags } from '../reach-config.ts';
import { stopOnSignal } from '../stop-on-signal.ts';
import { createCommand } from './command-line.ts';
import { confirmReset, type ResetFlags, resetOptions } from './confirm-reset.ts';
import {
  claimWindowOption,
  dataPathOption,
  type KeyFlags,
  keyOptions,
  noOpenOption,
  parseKeyFlags,
  unownedSentence,
  withKeys,
  withOptions,
} from './options.ts';
import { allowOriginOption, fingerprintSentence, listenOption, reachOptions } from './reach-options.ts';
import {
  parseRegistrationKey,
  type RegistrationKeyFlags,
  registrationKeyOption,
} from './registration-key-input.ts';
import { thisTerminal } from './terminal.ts';

interface ServeFlags extends KeyFlags, ReachFlags, ResetFlags, RegistrationKeyFlags {
  readonly dataPath: string;
  readonly listen: string;
  readonly cloud: string;
  readonly allowOrigin?: readonly string[];
  readonly webApp: string;
  readonly open: boolean;
  readonly claimWindow: string;
}

export function serveCommand(): Command {
  const command = createCommand('serve')
    .description('Start the instance and keep running until Ctrl-C.')
    .allowExcessArguments(false)
    .configureHelp({ showGlobalOptions: true })
    .action(serve);
  return withOptions(command, [
    dataPathOption(),
    listenOption(),
    new Option('--cloud <issuer>', 'the cloud that signs people in: https, or http on a loopback name')
      .env('HOLDFAST_CLOUD')
      .default(defaultCloud),
    ...keyOptions(),
    ...reachOptions(),
    ...resetOptions(),
    registrationKeyOption(),
    allowOriginOption(),
    claimWindowOption(),
    new Option(
      '--web-app <path-or-url>',
      'directory of the built web app, or http URL of a Vite server on this machine',
    )
      .env('HOLDFAST_WEB_APP')
      .default(defaultWebApp),
    noOpenOption(),
  ]);
}

async function serve(flags: ServeFlags): Promise<void> {
  const parsed = parseKeyFlags(flags);
  const config = parseInstanceConfig({ ...flags, keys: parsed.keys });
  const confirm = confirmReset(flags, thisTerminal());
  const registrationKey = parseRegistrationKey(flags);
  const instance = await withKeys(parsed, async ({ passphrase }) =>
    createInstance(config, { passphrase, confirmReset: confirm, registrationKey }),
  );
  const address = instance.claimUrl ?? instance.url;
  console.log(
    `The instance runs at ${address}\nIts data is in ${instance.dataPath}\nIts cloud is ${instance.cloud}`,
  );
  if (instance.claimUrl !== undefined) console.log(unownedSentence);
  const { selfSignedFingerprint } = instance;
  if (selfSignedFingerprint !== undefined) console.log(fingerprintSentence(selfSignedFingerprint));
  stopOnSignal(instance);
  void instance.keyRefused.then(async (message) => failWith(message, instance));
  if (flags.open) await openInBrowser(address);
}

/** Whatever has started an instance that nobody will ever get into hears of it by the exit code. */
async function failWith(message: string, instance: AsyncDisposable): Promise<void> {
  await instance[Symbol.asyncDispose]();
  console.error(message);
  process.exit(1);
}
