// Starting over cannot be undone, so a person says yes to it: at the terminal, or beforehand with --yes.

import type { Option } from 'commander';
import type { ConfirmReset, IntendedReset } from '../credentials-reset.ts';
import { StartupError } from '../errors.ts';
import { switchOption } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface ResetFlags {
  readonly resetCredentials?: boolean;
  readonly yes?: boolean;
}

/** The options that let an instance start over. */
export function resetOptions(): Option[] {
  return [
    switchOption(
      '--reset-credentials',
      'forget the registration at the cloud and the owner, and register anew, unclaimed; a flag that stays has its effect once',
      'HOLDFAST_RESET_CREDENTIALS',
    ),
    switchOption('--yes', 'reset without asking', 'HOLDFAST_YES'),
  ];
}

/** How a reset is confirmed; undefined when none is wanted. The function throws StartupError `reset_unconfirmed`. */
export function confirmReset(
  { resetCredentials, yes }: ResetFlags,
  terminal: Terminal | undefined,
): ConfirmReset | undefined {
  if (!resetCredentials) return undefined;
  if (yes) return async () => true;
  return async (reset) => {
    if (terminal) return ask(reset, terminal);
    throw new StartupError(
      'reset_unconfirmed',
      `The credentials of the instance in ${reset.dataPath} were not reset: that cannot be undone, and there is no terminal to ask whether it is meant. Add --yes to reset them without being asked.`,
    );
  };
}

async function ask(reset: IntendedReset, { input, output }: Terminal): Promise<boolean> {
  const { default: confirm } = await import('@inquirer/confirm');
  output.write(`${consequences(reset)}\n`);
  try {
    return await confirm({ message: 'Reset the credentials?', default: false }, { input, output });
  } catch (error) {
    if (error instanceof Error && error.name === 'ExitPromptError') return false;
    throw error;
  }
}

function consequences({ dataPath, registration }: IntendedReset): string {
  const loss = registration
    ? `The instance in ${dataPath} is registered at ${registration.issuer} as ${registration.clientId}: a reset ends that, it has no owner any more, and everybody is signed out.`
    : `The secrets of the instance in ${dataPath} are missing, and with them who owns it: a reset makes new ones, without an owner, and everybody is signed out.`;
  return `${loss} What is in the directory stays, and whoever claims the instance next can use it.`;
}
