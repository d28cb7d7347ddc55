import { resolve } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../printable.ts';
import { abortOnSignal } from './abort-on-signal.ts';
import { createCommand } from './command-line.ts';
import { describeProtection } from './describe-protection.ts';
import {
  type BackupPassphraseFlags,
  backupPassphraseOption,
  dataPathOption,
  type KeyFlags,
  keyOptions,
  parseBackupPassphrase,
  parseKeyFlags,
  withOptions,
} from './options.ts';
import { withPassphrase } from './passphrase-input.ts';
import { runnable } from './runnable.ts';

interface RestoreFlags extends KeyFlags, BackupPassphraseFlags {
  readonly dataPath: string;
}

export function restoreCommand(): Command {
  const command = createCommand('restore')
    .description('Bring an instance back from a backup, into a new or empty data directory.')
    .argument('<file>', 'the backup')
    .allowExcessArguments(false)
    .action(restore);
  return withOptions(command, [dataPathOption(), ...keyOptions(), backupPassphraseOption()]);
}

async function restore(name: string, flags: RestoreFlags): Promise<void> {
  const { restoreBackup } = await import('../backup/restore-backup.ts');
  const { keys, passphrase } = parseKeyFlags(flags);
  const signal = abortOnSignal();
  const restored = await withPassphrase(parseBackupPassphrase(flags), async (ofBackup) =>
    restoreBackup({
      file: resolve(name),
      passphrase: ofBackup,
      dataPath: flags.dataPath,
      keys: { ...keys, passphrase: passphrase?.read },
      signal,
    }),
  );
  const { dataPath, manifest, protection, cloud, leftovers } = restored;
  const start = ['serve', '--data-path', dataPath];
  if (cloud !== undefined) start.push('--cloud', cloud);
  if (keys.file !== undefined) start.push('--key-file', keys.file);
  const lines = [
    `The instance is restored to ${printable(dataPath)}`,
    `Backed up   ${manifest.createdAt.toISOString()} by Holdfast ${manifest.holdfast}`,
    `Holds       ${manifest.files.map(({ name }) => name).join(', ')}`,
    describeProtection(protection),
    `Start it with: ${runnable(start)}`,
    'It has the identity of the instance that was backed up: that one must not run any more.',
    ...leftovers.map(
      (path) => `An interrupted restore left ${printable(path)}. Delete it, unless that restore still runs.`,
    ),
  ];
  console.log(lines.join('\n'));
}
