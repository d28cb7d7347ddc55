import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { openDataDirectory } from '../data-directory/data-directory.ts';
import { isSystemError, StartupError, systemErrorReason } from '../errors.ts';
import { type KeySourceKind, keySourceKinds } from '../secrets/key-source.ts';
import { SecretsStore } from '../secrets/secrets-store.ts';
import { createCommand } from './command-line.ts';
import { describeProtection } from './describe-protection.ts';
import {
  dataPathOption,
  fileOf,
  isInteractive,
  type KeyFlags,
  keyOptions,
  newPassphraseFromEnvironment,
  parseKeyFlags,
  withOptions,
} from './options.ts';
import { passphraseReader } from './passphrase-input.ts';

interface SecretsFlags extends KeyFlags {
  readonly dataPath: string;
}

interface RewrapFlags extends SecretsFlags {
  readonly to: KeySourceKind;
  readonly newKeyFile?: string;
  readonly newPassphraseFile?: string;
}

export function secretsCommand(): Command {
  const command = createCommand('secrets')
    .description('Look after secrets.db: who holds its key, and with which key it is sealed.')
    .addCommand(
      withKeys(createCommand('status')).description('Show how the secrets are protected.').action(status),
    )
    .addCommand(
      withKeys(createCommand('rotate'))
        .description('Seal every secret with a new data key. The instance must not run.')
        .action(rotate),
    );
  return command.addCommand(
    withKeys(createCommand('rewrap'))
      .description('Change what protects the secrets, and nothing else. The instance must not run.')
      .addOption(
        new Option('--to <source>', 'what protects the secrets from now on')
          .choices(keySourceKinds)
          .makeOptionMandatory(),
      )
      .addOption(
        new Option(
          '--new-key-file <file>',
          'with --to key-file: the new key file, made unless there is one (default: the next one in the key directory)',
        ),
      )
      .addOption(
        new Option(
          '--new-passphrase-file <file>',
          'with --to passphrase: file with the new passphrase (default: $HOLDFAST_NEW_PASSPHRASE, or asked at the terminal)',
        ),
      )
      .action(rewrap),
  );
}

function withKeys(command: Command): Command {
  return withOptions(command.allowExcessArguments(false), [dataPathOption(), ...keyOptions()]);
}

async function status(flags: SecretsFlags): Promise<void> {
  const { keys, passphrase } = parseKeyFlags(flags);
  const dataPath = resolve(flags.dataPath);
  using secrets = await SecretsStore.inspect({
    path: resolve(dataPath, 'secrets.db'),
    dataPath,
    keys: { ...keys, passphrase },
  });
  console.log(
    `${describeProtection(secrets.protection)}\nHolds       ${secrets.names.toSorted().join(', ') || 'nothing yet'}`,
  );
}

async function rotate(flags: SecretsFlags): Promise<void> {
  await using opened = await openForChange(flags);
  await saved(() => opened.secrets.rotate());
  console.log(
    `Every secret is sealed with a new data key.\n${describeProtection(opened.secrets.protection)}`,
  );
}

async function rewrap(flags: RewrapFlags): Promise<void> {
  const { keys } = parseKeyFlags(flags);
  await using opened = await openForChange(flags);
  const before = opened.secrets.protection;
  const file = fileOf(flags.newKeyFile, '--new-key-file');
  const passphrase = passphraseReader({
    what: 'New passphrase of the secrets',
    flag: '--new-passphrase-file',
    file: fileOf(flags.newPassphraseFile, '--new-passphrase-file'),
    fromEnvironment: newPassphraseFromEnvironment,
    isInteractive: isInteractive(),
  });
  if (flags.to === 'passphrase' && !passphrase) {
    throw new StartupError(
      'key_unusable',
      'There is no terminal to ask for the new passphrase. Put it into a file of mode 0600 and name that with --new-passphrase-file.',
    );
  }
  const { directory, credentialsDirectory } = keys;
  await saved(() => opened.secrets.rewrap(flags.to, { directory, credentialsDirectory, file, passphrase }));
  console.log(`The secrets are protected anew.\n${describeProtection(opened.secrets.protection)}`);
  if (file !== undefined) console.log(`Give --key-file ${file} to every command from now on.`);
  if (before.keySource === 'key-file') {
    console.log(
      `The key file ${before.keyLocation} still opens older copies of secrets.db. Delete it if you keep none, or to make them useless.`,
    );
  }
}

/** Says in a sentence why a change was not saved. @throws StartupError `secrets_not_saved` */
async function saved(change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new StartupError(
      'secrets_not_saved',
      `secrets.db cannot be written: ${systemErrorReason(error)}. Nothing has been changed; mend that and try again.`,
      { cause: error },
    );
  }
}

/** Opens the secrets of an instance that does not run, and keeps it from starting meanwhile. */
async function openForChange(flags: SecretsFlags): Promise<AsyncDisposable & { secrets: SecretsStore }> {
  const { keys, passphrase } = parseKeyFlags(flags);
  await using resources = new AsyncDisposableStack();
  const directory = resources.use(await openDataDirectory(flags.dataPath, { create: false }));
  const secrets = resources.use(
    await SecretsStore.open({
      path: directory.secretsPath,
      dataPath: directory.path,
      keys: { ...keys, passphrase },
      mustExist: true,
    }),
  );
  const open = resources.move();
  return { secrets, [Symbol.asyncDispose]: async () => open.disposeAsync() };
}
