import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** As people run it: from its bundle, or from the sources where those are newer. */
export const cli = fileURLToPath(new URL('../../scripts/bin/holdfast.cjs', import.meta.url));

/** A `holdfast` command in a process of its own. */
export interface RunningCommand {
  readonly process: ChildProcess;
  output: string;
  errors: string;
}

/**
 * Starts `holdfast` without a terminal.
 *
 * @param before what a shell does before it becomes the command, such as `ulimit -c unlimited`
 */
export function startCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  before?: string,
): RunningCommand {
  const command: [string, ...string[]] = [process.execPath, cli, ...args];
  const [file, ...rest] =
    before === undefined ? command : (['sh', '-c', `${before}; exec "$0" "$@"`, ...command] as const);
  const child = spawn(file, rest, {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const running: RunningCommand = { process: child, output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    running.output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    running.errors += text;
  });
  return running;
}

/** Runs `holdfast` to its end. */
export async function runCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningCommand & { readonly exitCode: number }> {
  const running = startCommand(args, env);
  const [exitCode] = (await once(running.process, 'close')) as [number];
  return { ...running, exitCode };
}

/** Waits until what `running` has printed contains `text`. */
export async function untilPrinted(running: RunningCommand, text: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!`${running.output}${running.errors}`.includes(text)) {
    if (running.process.exitCode !== null || Date.now() > deadline)
      throw new Error(`Waited in vain for “${text}”: ${running.output}${running.errors}`);
    await sleep(20);
  }
}
