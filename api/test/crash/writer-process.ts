import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Progress, parseProgress } from './progress.ts';

const writer = fileURLToPath(new URL('writer.ts', import.meta.url));
const longestMilliseconds = 60_000;

/** What a writer said before it ended. */
export interface WriterReport {
  /** The progress that it found once it had opened the directory. */
  readonly opened: Progress | undefined;
  readonly begun: Progress | undefined;
  readonly acknowledged: Progress | undefined;
  /** How many changes were acknowledged. */
  readonly changes: number;
  /** Milliseconds from where it turned to the directory until that was open. */
  readonly openedAfter: number | undefined;
  /** Why it ended before it was killed. */
  readonly failure: string | undefined;
}

/**
 * Runs a writer and kills it.
 *
 * @param killAfter milliseconds from where it turns to the directory; before, it only loads its code
 * @param cache directory for compiled code, without which a start takes twice as long
 */
export async function killWriter(root: string, killAfter: number, cache: string): Promise<WriterReport> {
  const child = spawn(process.execPath, [writer, root], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(cache),
    timeout: longestMilliseconds,
  });
  let output = '';
  let startedAt = 0;
  let openedAfter: number | undefined;
  child.stdout.setEncoding('utf8').on('data', (lines: string) => {
    if (output === '') {
      startedAt = performance.now();
      setTimeout(() => child.kill('SIGKILL'), killAfter);
    }
    output += lines;
    if (output.includes('open')) openedAfter ??= performance.now() - startedAt;
  });
  const errors = text(child.stderr);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const said = (what: string) => output.split('\n').filter((line) => line.startsWith(`${what} `));
  const last = (what: string) =>
    said(what)
      .map((line) => parseProgress(line.slice(what.length + 1)))
      .at(-1);
  return {
    opened: last('open'),
    begun: last('begin'),
    acknowledged: last('ack'),
    changes: said('ack').length,
    openedAfter,
    failure: signal === 'SIGKILL' ? undefined : `ended with ${code ?? signal}: ${await errors}`,
  };
}

/** Lets a writer make one change and end by itself, which is when Node writes compiled code to `cache`. */
export async function fillCache(root: string, cache: string): Promise<void> {
  await promisify(execFile)(process.execPath, [writer, root, '1'], { env: environment(cache) });
}

function environment(cache: string): NodeJS.ProcessEnv {
  return { ...process.env, NODE_COMPILE_CACHE: cache };
}
