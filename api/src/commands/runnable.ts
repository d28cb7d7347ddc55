// Commands as the person at this terminal can run them, to be copied from a message into a shell.

import { basename, delimiter, dirname } from 'node:path';
import { shellWord } from '../shell-word.ts';

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
