// What several commands share, as commander options and as what becomes of them.

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { defaultClaimWindow, defaultDataPath, defaultKeyDirectory, type KeyLocations } from '../config.ts';
import { StartupError } from '../errors.ts';
import { type KeyAccess, type KeySourceKind, keySourceKinds } from '../secrets/key-source.ts';
import {
  type PassphraseInput,
  passphraseInput,
  takeFromEnvironment,
  withPassphrase,
} from './passphrase-input.ts';
import { thisTerminal } from './terminal.ts';

export interface KeyFlags {
  readonly keySource?: KeySourceKind | undefined;
  readonly keyFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

const keyDirectory = defaultKeyDirectory(process.env, process.platform);
// Every program that has these options loses the variables, whether it has a use for them or not.
const passphraseFromEnvironment = takeFromEnvironment(process.env, 'HOLDFAST_PASSPHRASE');
const backupPassphraseFromEnvironment = takeFromEnvironment(process.env, 'HOLDFAST_BACKUP_PASSPHRASE');
export const newPassphraseFromEnvironment = takeFromEnvironment(process.env, 'HOLDFAST_NEW_PASSPHRASE');

/** Adds `options` to `command`, which is returned. */
export function withOptions(command: Command, options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

export function dataPathOption(): Option {
  return new Option('--data-path <dir>', "the instance's own data directory")
    .env('HOLDFAST_DATA_PATH')
    .default(defaultDataPath(process.env, process.platform));
}

/** A flag without a value. Unlike that of commander, its environment variable means yes as `1` only, not as `0` too. */
export function switchOption(
  flag: string,
  description: string,
  variable: string,
  environment: NodeJS.ProcessEnv = process.env,
): Option {
  const option = new Option(flag, `${description} (env: ${variable}=1)`);
  return environment[variable] === '1' ? option.default(!option.negate) : option;
}

/** For those who debug Holdfast itself; it stands before or after the name of a command. */
export function allowInspectorOption(): Option {
  return switchOption(
    '--allow-inspector',
    'let debuggers in: whoever reaches the inspector reads the secrets of the instance',
    'HOLDFAST_ALLOW_INSPECTOR',
  );
}

/** What stands below the address that a start prints while anybody may claim the instance. */
export const unownedSentence =
  'Nobody owns this instance yet. Whoever has the address above, with its claim code, can become the owner.';

export function claimWindowOption(): Option {
  return new Option('--claim-window <duration>', 'for how long the instance may be claimed after a start')
    .env('HOLDFAST_CLAIM_WINDOW')
    .default(defaultClaimWindow);
}

export function noOpenOption(): Option {
  return switchOption('--no-open', 'do not open the browser', 'HOLDFAST_NO_OPEN');
}

/** The options that say where the key of the secrets comes from. */
export function keyOptions(): Option[] {
  return [
    new Option(
      '--key-source <source>',
      'what protects the secrets (default: what secrets.db records; key-file for a new instance)',
    )
      .env('HOLDFAST_KEY_SOURCE')
      .choices(keySourceKinds),
    new Option(
      '--key-file <file>',
      `file with the key that wraps the secrets, outside the data directory (default: one per data directory in ${keyDirectory})`,
    ).env('HOLDFAST_KEY_FILE'),
    new Option(
      '--passphrase-file <file>',
      'file with the passphrase of the secrets (default: $HOLDFAST_PASSPHRASE, or asked at the terminal)',
    ).env('HOLDFAST_PASSPHRASE_FILE'),
  ];
}

/**
 * Where the key comes from, by the flags.
 *
 * @throws StartupError `invalid_configuration` when they contradict each other
 */
export function parseKeyFlags({ keySource, keyFile, passphraseFile }: KeyFlags): {
  keys: KeyLocations;
  passphrase: PassphraseInput | undefined;
} {
  const sources = new Set<KeySourceKind>();
  if (keySource) sources.add(keySource);
  if (keyFile !== undefined) sources.add('key-file');
  if (passphraseFile !== undefined) sources.add('passphrase');
  if (sources.size > 1) {
    throw new StartupError(
      'invalid_configuration',
      `The key can come from one source only, and the flags name ${[...sources].join(' and ')}. Keep one of --key-source, --key-file and --passphrase-file, or make them agree.`,
    );
  }
  return {
    keys: {
      source: [...sources][0],
      file: fileOf(keyFile, '--key-file'),
      directory: keyDirectory,
      credentialsDirectory: process.env.CREDENTIALS_DIRECTORY,
    },
    passphrase: passphraseInput({
      what: 'Passphrase of the secrets',
      flag: '--passphrase-file',
      file: fileOf(passphraseFile, '--passphrase-file'),
      fromEnvironment: passphraseFromEnvironment,
      terminal: thisTerminal(),
    }),
  };
}

/** Does what needs the key, again while a person mistypes the passphrase, as `withPassphrase` does. */
export async function withKeys<Value>(
  { keys, passphrase }: ReturnType<typeof parseKeyFlags>,
  attempt: (keys: KeyAccess) => Promise<Value>,
): Promise<Value> {
  if (!passphrase) return attempt(keys);
  return withPassphrase(passphrase, async (read) => attempt({ ...keys, passphrase: read }));
}

export interface BackupPassphraseFlags {
  readonly backupPassphraseFile?: string | undefined;
}

export function backupPassphraseOption(): Option {
  return new Option(
    '--backup-passphrase-file <file>',
    'file with the passphrase of the backup (default: $HOLDFAST_BACKUP_PASSPHRASE, or asked at the terminal)',
  ).env('HOLDFAST_BACKUP_PASSPHRASE_FILE');
}

/**
 * How to get at the passphrase of the backup.
 *
 * @throws StartupError `key_unusable` when there is none to be had
 */
export function parseBackupPassphrase({ backupPassphraseFile }: BackupPassphraseFlags): PassphraseInput {
  const flag = '--backup-passphrase-file';
  const input = passphraseInput({
    what: 'Passphrase of the backup',
    flag,
    file: fileOf(backupPassphraseFile, flag),
    fromEnvironment: backupPassphraseFromEnvironment,
    terminal: thisTerminal(),
  });
  if (input) return input;
  throw new StartupError(
    'key_unusable',
    `A backup needs a passphrase, and there is no terminal to ask for it. Put it into a file of mode 0600 and name that with ${flag}.`,
  );
}

/** @throws StartupError `invalid_configuration` when the name is empty */
export function fileOf(name: string | undefined, flag: string): string | undefined {
  if (name?.trim() === '') {
    throw new StartupError('invalid_configuration', `The name of a file is empty. Give ${flag} a file.`);
  }
  return name === undefined ? undefined : resolve(name);
}

/** Collects a repeatable option; from the environment its values come at once, separated by spaces or commas. */
export function collectWords(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), ...text.split(/[\s,]+/).filter(Boolean)];
}
