import { resolve } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../printable.ts';
import { abortOnSignal } from './abort-on-signal.ts';
import { createCommand } from './command-line.ts';
import {
  type BackupPassphraseFlags,
  backupPassphraseOption,
  dataPathOption,
  type KeyFlags,
  keyOptions,
  parseBackupPassphrase,
  parseKeyFlags,
  withKeys,
  withOptions,
} from './options.ts';
import { runnable } from './runnable.ts';

interface BackupFlags extends KeyFlags, BackupPassphraseFlags {
  readonly dataPath: string;
}

export function backupCommand(): Command {
  const command = createCommand('backup')
    .description(
      'Write the instance with its identity and its owner into one file under a passphrase; it may run meanwhile.',
    )
    .argument('<file>', 'the backup to write; there must be no such file')
    .allowExcessArguments(false)
    .action(backup);
  return withOptions(command, [dataPathOption(), ...keyOptions(), backupPassphraseOption()]);
}

async function backup(name: string, flags: BackupFlags): Promise<void> {
  const { createBackup } = await import('../backup/create-backup.ts');
  const file = resolve(name);
  const ofBackup = parseBackupPassphrase(flags).read;
  const signal = abortOnSignal();
  const { manifest, leftOut, removed } = await withKeys(parseKeyFlags(flags), async (keys) =>
    createBackup({
      dataPath: resolve(flags.dataPath),
      keys,
      file,
      passphrase: ofBackup,
      signal,
    }),
  );
  const lines = [
    `The backup is in ${printable(file)}`,
    `Holds       ${manifest.files.map(({ name, size }) => `${name} (${size} bytes)`).join(', ')}`,
    ...(removed.length > 0
      ? [`Removed     ${removed.join(', ')}: left in the data directory by a backup that was cut off`]
      : []),
    ...(leftOut.length > 0 ? [`Left out    ${leftOut.map(printable).join(', ')}: not Holdfast's`] : []),
    `Bring it back, here or elsewhere, with: ${runnable(['restore', file, '--data-path', 'DIR'])}`,
    'That takes its passphrase and no key file. Without the passphrase nobody can open it.',
    'The copy has the identity of this instance: stop one before you start the other.',
  ];
  console.log(lines.join('\n'));
}
