// Passphrases come from a file, from the environment or from the terminal, in this order; which of them holds one is the
// user's doing, and a wrong one is never followed by another. The terminal's line is a string, which cannot be zeroed.

import { StartupError } from '../errors.ts';
import { refuseKeyInside } from '../secrets/key-file.ts';
import type { PassphraseReader } from '../secrets/key-source.ts';
import { shortestPassphrase } from '../secrets/passphrase.ts';
import { readPrivateFile } from '../secrets/private-file.ts';
import { WrongKeyError } from '../secrets/sealing.ts';
import type { Terminal } from './terminal.ts';

/** As sudo has it: a person who has mistyped it three times has another one in mind. */
const mostTries = 3;

export interface PassphraseInputs {
  /** How the terminal asks for it, such as "Passphrase of the secrets". */
  readonly what: string;
  /** The flag that names the file, for messages. */
  readonly flag: string;
  readonly file?: string | undefined;
  readonly fromEnvironment?: string | undefined;
  /** Where a person can be asked, if anywhere. */
  readonly terminal: Terminal | undefined;
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

/** How to get at a passphrase. */
export interface PassphraseInput {
  /** Throws StartupError `key_unusable`. */
  readonly read: PassphraseReader;
  /** Where a person types it, and may type it wrongly. */
  readonly typedAt?: Terminal;
}

/** How to get at a passphrase; undefined where there is none to be had. */
export function passphraseInput(inputs: PassphraseInputs): PassphraseInput | undefined {
  const { what, flag, file, fromEnvironment, terminal } = inputs;
  if (file !== undefined) {
    const read: PassphraseReader = async (isNew, dataPath) => {
      if (dataPath !== undefined) refuseKeyInside(dataPath, file, flag, 'passphrase file');
      const content = await readPrivateFile('passphrase file', file, {
        remedy: `Name the right one with ${flag}.`,
      });
      const passphrase = withoutNewline(content);
      if (passphrase.length > 0) return accepted(passphrase, isNew);
      throw new StartupError(
        'key_unusable',
        `The passphrase file ${file} is empty. Put the passphrase into it, or name another file with ${flag}.`,
      );
    };
    return { read };
  }
  if (fromEnvironment !== undefined) {
    return { read: async (isNew) => accepted(Buffer.from(fromEnvironment), isNew) };
  }
  if (!terminal) return undefined;
  const read: PassphraseReader = async (isNew) => {
    if (!isNew) {
      return patiently(async () => entered(await ask(`${what}:`, terminal)), isChosenBadly, terminal);
    }
    return patiently(
      async () => {
        const typed = await ask(`${what}:`, terminal);
        const passphrase = accepted(Buffer.from(typed), true);
        if (typed === (await ask(`${what}, again:`, terminal))) return passphrase;
        passphrase.fill(0);
        throw new StartupError('key_unusable', 'The two passphrases differ. Try again.');
      },
      isChosenBadly,
      terminal,
    );
  };
  return { read, typedAt: terminal };
}

/**
 * Does what needs a passphrase, again while a person mistypes it, three times at most; an attempt that reads it more than
 * once has it asked for once. What came from a file or the environment would be wrong again.
 *
 * @param attempt leaves nothing behind when it fails
 */
export async function withPassphrase<Value>(
  input: PassphraseInput,
  attempt: (passphrase: PassphraseReader) => Promise<Value>,
): Promise<Value> {
  if (!input.typedAt) return attempt(input.read);
  let typed: Uint8Array | undefined;
  let wasAsked = false;
  const read: PassphraseReader = async (isNew, dataPath) => {
    wasAsked = true;
    if (isNew) return input.read(isNew, dataPath);
    typed ??= await input.read(isNew, dataPath);
    return new Uint8Array(typed);
  };
  return patiently(
    async () => {
      wasAsked = false;
      try {
        return await attempt(read);
      } finally {
        typed?.fill(0);
        typed = undefined;
      }
    },
    (error) => wasAsked && error instanceof StartupError && error.cause instanceof WrongKeyError,
    input.typedAt,
  );
}

function isChosenBadly(error: unknown): boolean {
  return error instanceof StartupError && error.code === 'key_unusable';
}

async function patiently<Value>(
  attempt: () => Promise<Value>,
  isMistake: (error: unknown) => boolean,
  { output }: Terminal,
): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === mostTries || !(error instanceof Error) || !isMistake(error)) throw error;
      output.write(`${error.message}\n`);
    }
  }
}

function entered(typed: string): Buffer {
  if (typed !== '') return Buffer.from(typed);
  throw new StartupError('key_unusable', 'The passphrase is empty. Type it, and press Enter.');
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

async function ask(message: string, { input, output }: Terminal): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  try {
    return await password({ message }, { input, output, clearPromptOnDone: true });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExitPromptError') throw error;
    throw new StartupError('interrupted', 'No passphrase was entered.', { cause: error });
  }
}
