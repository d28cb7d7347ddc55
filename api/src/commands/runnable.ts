// Commands as the person at this terminal can run them, to be copied from a message into a shell.

import { basename, delimiter, dirname } from 'node:path';
import { printable } from '../printable.ts';

/** How this process was started. */
export interface Invocation {
  /** As `process.argv`. */
  readonly argv: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
}

const thisProcess: Invocation = {
  argv: process.argv,
  environment: process.env,
  platform: process.platform,
};

/** `holdfast` with these arguments, in the way in which this process was started. */
export function runnable(args: readonly string[], invocation: Invocation = thisProcess): string {
  return [...programOf(invocation), ...args].map((word) => shellWord(word, invocation.platform)).join(' ');
}

function programOf({ argv, environment }: Invocation): string[] {
  // npm puts its own folders first on PATH, and takes them away again.
  if (environment.npm_command !== undefined) return ['npx', 'holdfast'];
  const [node = 'node', script = 'holdfast'] = argv;
  if (basename(script) !== 'holdfast') return [node, script];
  const isOnPath = (environment.PATH ?? '').split(delimiter).includes(dirname(script));
  return [isOnPath ? 'holdfast' : script];
}

/** A word that a POSIX shell (cmd.exe on Windows) takes for what it is; characters that are not visible are spelt out. */
export function shellWord(word: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w@%+=:,./~-]+$/.test(word) && !word.startsWith('~')) return word;
  if (platform === 'win32') return /^[\w:\\.-]+$/.test(word) ? word : `"${printable(word)}"`;
  if (!/\p{C}/u.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const bytes = Array.from(Buffer.from(word), (byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x27 || byte === 0x5c
      ? `\\${byte.toString(8).padStart(3, '0')}`
      : String.fromCharCode(byte),
  );
  return `$'${bytes.join('')}'`;
}
