import { backupCommand } from './commands/backup.ts';
import { createCommand } from './commands/command-line.ts';
import { doctorCommand } from './commands/doctor.ts';
import { allowInspectorOption } from './commands/options.ts';
import { restoreCommand } from './commands/restore.ts';
import { secretsCommand } from './commands/secrets.ts';
import { serveCommand } from './commands/serve.ts';
import { StartupError } from './errors.ts';
import { hardenProcess } from './process-hardening.ts';
import { version } from './version.ts';

/** By their names: where one comes first, the options of the others need not be made. */
const commands = new Map([
  ['serve', serveCommand],
  ['doctor', doctorCommand],
  ['secrets', secretsCommand],
  ['backup', backupCommand],
  ['restore', restoreCommand],
]);

/** Runs the command that `process.argv` names. Failures that a person can mend end as one sentence and exit code 1. */
export async function runCommandLine(): Promise<void> {
  const program = createCommand('holdfast')
    .description('A Holdfast instance: one data directory and the server on it.')
    .version(version)
    .showHelpAfterError()
    .addOption(allowInspectorOption())
    .hook('preAction', async (program) => hardenProcess(program.opts()));
  const named = commands.get(process.argv[2] ?? '');
  for (const create of named ? [named] : commands.values()) program.addCommand(create());

  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
