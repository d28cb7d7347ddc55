import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const millisecondsBetweenTries = 2;

export interface StartOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** On the IPv4 loopback address. */
  readonly port: number;
  /** What is asked for first. */
  readonly path: string;
  /** A body of JSON that is posted there, if it is not just read. */
  readonly body?: object;
}

/** A server that has just been started. */
export class StartedProcess implements AsyncDisposable {
  /** From before the process was made to the end of its first answer. */
  readonly milliseconds: number;
  /** Of processor time until then; NaN where the system does not tell (it is read as Linux tells it). */
  readonly processorMilliseconds: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, milliseconds: number) {
    this.#child = child;
    this.milliseconds = milliseconds;
    this.processorMilliseconds = processorMilliseconds(child.pid);
  }

  static async start({ command, ...firstRequest }: StartOptions): Promise<StartedProcess> {
    const [program, ...programArguments] = command;
    const startedAt = performance.now();
    const child = spawn(program, programArguments, { stdio: 'ignore' });
    for (;;) {
      if (child.exitCode !== null)
        throw new Error(`${program} ended with ${child.exitCode} before it answered.`);
      if (await isAnswered(firstRequest)) return new StartedProcess(child, performance.now() - startedAt);
      await sleep(millisecondsBetweenTries);
    }
  }

  /** Bytes of resident memory; NaN where the system does not tell. */
  get residentBytes(): number {
    const status = readProcess(this.#child.pid, 'status');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1_024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

async function isAnswered({ port, path, body }: Omit<StartOptions, 'command'>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options: RequestOptions = { host: '127.0.0.1', port, path, agent: false };
  if (body) Object.assign(options, { method: 'POST', headers: { 'content-type': 'application/json' } });
  request(options)
    .on('error', () => resolve(false))
    .on('response', (response) => void response.resume().on('end', () => resolve(true)))
    .end(body && JSON.stringify(body));
  return promise;
}

/** Of all threads, in nanoseconds each; the usual figures count in hundredths of a second. */
function processorMilliseconds(pid: number | undefined): number {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => Number(readProcess(pid, `task/${thread}/schedstat`).split(' ')[0]) / 1e6)
      .reduce((sum, time) => sum + time, 0);
  } catch {
    return Number.NaN;
  }
}

function readProcess(pid: number | undefined, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
