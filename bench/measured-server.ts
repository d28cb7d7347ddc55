import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a server process has used so far. */
export interface Usage {
  /** Microseconds of processor time, without that of such reports. */
  readonly cpu: number;
  /** Bytes of the heap and of buffers, after garbage was collected. */
  readonly heap: number;
  /** How often it asked for its cloud's keys, if it is an instance. */
  readonly keyFetches: number;
}

/** A server in a process of its own, so that its processor time and memory are its own too. */
export class MeasuredServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param script below `bench/servers`; it calls `reportTo` once it listens */
  static async start(script: string, serverArguments: string[] = []): Promise<MeasuredServer> {
    const child = fork(fileURLToPath(new URL(`servers/${script}`, import.meta.url)), serverArguments, {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [message] = (await Promise.race([once(child, 'message'), failure(child)])) as [{ url: string }];
    return new MeasuredServer(child, message.url);
  }

  async usage(): Promise<Usage> {
    const answer = once(this.#child, 'message') as Promise<[Usage]>;
    this.#child.send('usage');
    return (await answer)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

async function failure(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`The server ended with ${code} before it listened.`);
}
