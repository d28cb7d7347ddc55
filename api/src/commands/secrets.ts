import { type Command, Option } from 'commander';
import { openDataDirectory } from '../data-directory/data-directory.ts';
import { isSystemError, StartupError, systemErrorReason } from '../errors.ts';
import { locateSecrets, missingKey } from '../existing-secrets.ts';
import { printable } from '../printable.ts';
import { type KeyAccess, type KeySourceKind, keySourceKinds } from '../secrets/key-source.ts';
import { SecretsStore, secretsLocationIn } from '../secrets/secrets-store.ts';
import { shellWord } from '../shell-word.ts';
import { createCommand } from './command-line.ts';
import { describeProtection } from './describe-protection.ts';
import {
  dataPathOption,
  fileOf,
  type KeyFlags,
  keyOptions,
  newPassphraseFromEnvironment,
  parseKeyFlags,
  withKeys,
  withOptions,
} from './options.ts';
import { passphraseInput } from './passphrase-input.ts';
import { thisTerminal } from './terminal.ts';

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
    .addCommand(commandWithKeys('status').description('Show how the secrets are protected.').action(status))
    .addCommand(
      commandWithKeys('rotate')
        .description('Seal every secret with a new data key. The instance must not run.')
        .action(rotate),
    );
  return command.addCommand(
    commandWithKeys('rewrap')
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

function commandWithKeys(name: string): Command {
  return withOptions(createCommand(name).allowExcessArguments(false), [dataPathOption(), ...keyOptions()]);
}

/** Says what can be said without the key, and the rest if the key is there: nobody is asked for a passphrase. */
async function status(flags: SecretsFlags): Promise<void> {
  const { keys, passphrase } = parseKeyFlags(flags);
  const atHand = passphrase?.typedAt ? undefined : passphrase?.read;
  const location = await locateSecrets(flags.dataPath, { ...keys, passphrase: atHand });
  const protection = await SecretsStore.protectionOf(location);
  console.log(describeProtection(protection));
  const missing = missingKey(protection, location.keys);
  if (missing !== undefined) {
    console.log(`Holds       not opened: ${whatIsMissing[missing]}`);
    return;
  }
  using secrets = await SecretsStore.inspect(location);
  console.log(`Holds       ${secrets.names.toSorted().join(', ') || 'nothing yet'}`);
}

const whatIsMissing = {
  passphrase: 'give the passphrase with --passphrase-file to see more',
  'systemd-credential': 'only the unit of the instance has the credential',
} as const;

async function rotate(flags: SecretsFlags): Promise<void> {
  await withKeys(parseKeyFlags(flags), async (keys) => {
    await using opened = await saved(async () => openForChange(flags.dataPath, keys));
    await saved(async () => opened.secrets.rotate());
    console.log(
      `Every secret is sealed with a new data key.\n${describeProtection(opened.secrets.protection)}`,
    );
  });
}

async function rewrap(flags: RewrapFlags): Promise<void> {
  const parsed = parseKeyFlags(flags);
  const file = fileOf(flags.newKeyFile, '--new-key-file');
  const newPassphrase = passphraseInput({
    what: 'New passphrase of the secrets',
    flag: '--new-passphrase-file',
    file: fileOf(flags.newPassphraseFile, '--new-passphrase-file'),
    fromEnvironment: newPassphraseFromEnvironment,
    terminal: thisTerminal(),
  });
  if (flags.to === 'passphrase' && !newPassphrase) {
    throw new StartupError(
      'key_unusable',
      'There is no terminal to ask for the new passphrase. Put it into a file of mode 0600 and name that with --new-passphrase-file.',
    );
  }
  await using opened = await saved(async () =>
    withKeys(parsed, async (keys) => openForChange(flags.dataPath, keys)),
  );
  const before = opened.secrets.protection;
  const { directory, credentialsDirectory } = parsed.keys;
  await saved(async () =>
    opened.secrets.rewrap(flags.to, {
      directory,
      credentialsDirectory,
      file,
      fileFlag: '--new-key-file',
      passphrase: newPassphrase?.read,
    }),
  );
  console.log(`The secrets are protected anew.\n${describeProtection(opened.secrets.protection)}`);
  if (file !== undefined) console.log(`Give --key-file ${shellWord(file)} to every command from now on.`);
  if (before.keySource === 'key-file') {
    console.log(
      `The key file ${printable(before.keyLocation ?? '')} still opens older copies of secrets.db. Delete it if you keep none, or to make them useless.`,
    );
  }
}

/**
 * Says in a sentence why something was not saved: a change, or an older format in the current one.
 *
 * @throws StartupError `secrets_not_saved`
 */
async function saved<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new StartupError(
      'secrets_not_saved',
      `secrets.db cannot be written: ${systemErrorReason(error)}. It has not been changed; mend that and try again.`,
      { cause: error },
    );
  }
}

/** Opens the secrets of an instance that does not run, and keeps it from starting meanwhile. */
async function openForChange(
  dataPath: string,
  keys: KeyAccess,
): Promise<AsyncDisposable & { secrets: SecretsStore }> {
  // Where there are none, nothing is made, not even a lock.
  await SecretsStore.protectionOf(await locateSecrets(dataPath, keys));
  await using resources = new AsyncDisposableStack();
  const directory = resources.use(await openDataDirectory(dataPath, { create: false }));
  const secrets = resources.use(
    await SecretsStore.open({
      ...secretsLocationIn(directory, keys),
      mustExist: true,
    }),
  );
  const open = resources.move();
  return { secrets, [Symbol.asyncDispose]: async () => open.disposeAsync() };
}
