import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What people run as `holdfast-cloud`: its bundle, or the sources where those are newer. */
export const cli = fileURLToPath(new URL('../../scripts/bin/holdfast-cloud.cjs', import.meta.url));

/** A command that was started, and what it has printed. */
export interface Running {
  readonly process: ChildProcess;
  output: string;
  errors: string;
}

/** Starts `holdfast-cloud`. */
export function start(args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const running: Running = { process: child, output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    running.output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    running.errors += text;
  });
  return running;
}

/** Runs `holdfast-cloud` to its end. */
export async function run(
  args: string[],
  env: Record<string, string> = {},
): Promise<Running & { exitCode: number }> {
  const running = start(args, env);
  const [exitCode] = (await once(running.process, 'close')) as [number];
  return { ...running, exitCode };
}
