// Passphrases come from a file, from the environment or from the terminal, in this order; which of them holds one is the
// user's doing, and a wrong one is never followed by another. The terminal's line is a string, which cannot be zeroed.

import { StartupError } from '../errors.ts';
import { refuseKeyInside } from '../secrets/key-file.ts';
import type { PassphraseReader } from '../secrets/key-source.ts';
import { shortestPassphrase } from '../secrets/passphrase.ts';
import { readPrivateFile } from '../secrets/private-file.ts';

export interface PassphraseInputs {
  /** How the terminal asks for it, such as "Passphrase of the secrets". */
  readonly what: string;
  /** The flag that names the file, for messages. */
  readonly flag: string;
  readonly file?: string | undefined;
  readonly fromEnvironment?: string | undefined;
  /** Whether there is a person at a terminal to ask. */
  readonly isInteractive: boolean;
}

/**
 * Removes a secret from the environment, where child processes and crash reports would find it.
 *
 * @returns its value, unless it was empty or not set
 */
export function takeFromEnvironment(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name];
  delete environment[name];
  return value || undefined;
}

/**
 * How to get at a passphrase; undefined where there is none to be had.
 *
 * @returns a reader that throws StartupError `key_unusable`
 */
export function passphraseReader(inputs: PassphraseInputs): PassphraseReader | undefined {
  const { what, flag, file, fromEnvironment, isInteractive } = inputs;
  if (file !== undefined) {
    return async (isNew, dataPath) => {
      if (dataPath !== undefined) refuseKeyInside(dataPath, file, flag, 'passphrase file');
      const content = await readPrivateFile('passphrase file', file, {
        remedy: `Name the right one with ${flag}.`,
      });
      return accepted(withoutNewline(content), isNew);
    };
  }
  if (fromEnvironment !== undefined) return async (isNew) => accepted(Buffer.from(fromEnvironment), isNew);
  if (!isInteractive) return undefined;
  return async (isNew) => {
    const typed = await ask(`${what}:`);
    if (isNew && typed !== (await ask(`${what}, again:`))) {
      throw new StartupError('key_unusable', 'The two passphrases differ. Try again.');
    }
    return accepted(Buffer.from(typed), isNew);
  };
}

function accepted(passphrase: Buffer, isNew: boolean): Buffer {
  const characters = [...passphrase.toString()].length;
  if (!isNew || characters >= shortestPassphrase) return passphrase;
  passphrase.fill(0);
  throw new StartupError(
    'key_unusable',
    `The passphrase has ${characters} characters. Choose one of ${shortestPassphrase} or more: several random words do well.`,
  );
}

function withoutNewline(content: Buffer): Buffer {
  const end = content.at(-1) === 0x0a ? (content.at(-2) === 0x0d ? -2 : -1) : content.length;
  return content.subarray(0, end);
}

async function ask(message: string): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  try {
    return await password({ message }, { output: process.stderr, clearPromptOnDone: true });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExitPromptError') throw error;
    throw new StartupError('key_unusable', 'No passphrase was entered.', { cause: error });
  }
}
