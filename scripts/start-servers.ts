import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { openInBrowser } from '../api/src/browser.ts';
import { createCommand } from '../api/src/commands/command-line.ts';
import { confirmReset, type ResetFlags, resetOptions } from '../api/src/commands/confirm-reset.ts';
import {
  allowInspectorOption,
  claimWindowOption,
  type KeyFlags,
  keyOptions,
  noOpenOption,
  parseKeyFlags,
  unownedSentence,
  withKeys,
  withOptions,
} from '../api/src/commands/options.ts';
import { fingerprintSentence, reachOptions } from '../api/src/commands/reach-options.ts';
import {
  parseRegistrationKey,
  type RegistrationKeyFlags,
  registrationKeyOption,
} from '../api/src/commands/registration-key-input.ts';
import { thisTerminal } from '../api/src/commands/terminal.ts';
import * as api from '../api/src/config.ts';
import { StartupError } from '../api/src/errors.ts';
import { holdsInstance } from '../api/src/existing-secrets.ts';
import { createInstance } from '../api/src/instance.ts';
import { hardenProcess } from '../api/src/process-hardening.ts';
import type { ReachFlags } from '../api/src/reach-config.ts';
import { stopOnSignal } from '../api/src/stop-on-signal.ts';
import { createCloud } from '../cloud/src/cloud.ts';
import * as cloud from '../cloud/src/config.ts';
import { StartupError as CloudStartupError } from '../cloud/src/errors.ts';
import type { LifetimeFlags } from '../cloud/src/lifetime-config.ts';
import { lifetimeOptions } from '../cloud/src/lifetime-options.ts';

// `npm start`: a cloud and an instance in one process.

interface Flags extends KeyFlags, ReachFlags, ResetFlags, RegistrationKeyFlags, LifetimeFlags {
  readonly dataPath: string;
  readonly listen: string;
  readonly cloudListen: string;
  readonly open: boolean;
  readonly claimWindow: string;
  readonly allowInspector?: boolean;
}

/**
 * Runs a cloud and an instance, as `process.argv` wants them.
 *
 * @param ensureWebApp builds the pages if need be; called once the flags are known to be good
 */
export async function startServers(ensureWebApp: () => void): Promise<void> {
  const command = createCommand('npm start --')
    .description('Run a Holdfast cloud and an instance together, until Ctrl-C.')
    .showHelpAfterError()
    .allowExcessArguments(false);
  const flags = withOptions(command, [
    new Option(
      '--data-path <dir>',
      'directory of all data: the instance below DIR/instance, the cloud below DIR/cloud',
    )
      .env('HOLDFAST_DATA_PATH')
      .default(api.platformDataPath(process.env, process.platform)),
    new Option('--listen <host:port>', 'address of the instance')
      .env('HOLDFAST_LISTEN')
      .default(api.defaultListen),
    new Option('--cloud-listen <host:port>', 'address of the cloud; localhost means IPv4 and IPv6 loopback')
      .env('HOLDFAST_CLOUD_LISTEN')
      .default(cloud.defaultListen),
    ...keyOptions(),
    ...reachOptions(),
    ...resetOptions(),
    registrationKeyOption(),
    claimWindowOption(),
    ...lifetimeOptions(),
    noOpenOption(),
    allowInspectorOption(),
  ])
    .parse()
    .opts<Flags>();

  await hardenProcess(flags);
  try {
    await start(flags, ensureWebApp);
  } catch (error) {
    const sentence = startupMessage(error);
    if (sentence === undefined) throw error;
    console.error(sentence);
    process.exitCode = 1;
  }
}

/**
 * Below the data directory of an instance another one would begin.
 *
 * @throws StartupError `data_path_unusable`
 */
async function refuseInstancesOwn(dataPath: string): Promise<void> {
  if (!(await holdsInstance(dataPath))) return;
  throw new StartupError(
    'data_path_unusable',
    `The data path ${dataPath} belongs to an instance alone, as holdfast serve runs it. Run that again, or choose another directory for npm start with --data-path.`,
  );
}

async function start(
  { dataPath, listen, cloudListen, open, ...flags }: Flags,
  ensureWebApp: () => void,
): Promise<void> {
  const cloudConfig = cloud.parseCloudConfig({
    dataPath: join(dataPath, 'cloud'),
    listen: cloudListen,
    webApp: cloud.defaultWebApp,
    lifetimes: flags,
  });
  const parsed = parseKeyFlags(flags);
  const instanceConfig = api.parseInstanceConfig({
    ...flags,
    dataPath: join(dataPath, 'instance'),
    listen,
    cloud: api.defaultCloud,
    keys: parsed.keys,
    webApp: api.defaultWebApp,
  });
  await refuseInstancesOwn(resolve(dataPath));
  ensureWebApp();

  await using starting = new AsyncDisposableStack();
  const { url: issuer } = starting.use(await createCloud(cloudConfig));
  const registrationKey = parseRegistrationKey(flags);
  const confirm = confirmReset(flags, thisTerminal());
  const instance = starting.use(
    await withKeys(parsed, async ({ passphrase }) =>
      createInstance(
        { ...instanceConfig, cloud: issuer },
        { passphrase, confirmReset: confirm, registrationKey },
      ),
    ),
  );
  stopOnSignal(starting.move());

  const address = instance.claimUrl ?? instance.url;
  console.log(`
  Instance  ${address}
  Cloud     ${issuer}
  Data      ${dataPath}

${instance.claimUrl === undefined ? '' : `  ${unownedSentence}\n`}  Ctrl-C stops both.
`);
  const { selfSignedFingerprint } = instance;
  if (selfSignedFingerprint !== undefined) console.log(`${fingerprintSentence(selfSignedFingerprint)}\n`);
  if (open) await openInBrowser(address);
}

/** The sentence of a start that cannot succeed, with the flags as they are called here. */
function startupMessage(error: unknown): string | undefined {
  if (error instanceof StartupError) return error.message;
  if (!(error instanceof CloudStartupError)) return undefined;
  return error.message
    .replaceAll('--listen', '--cloud-listen')
    .replaceAll('--issuer http://', '--cloud-listen ');
}
