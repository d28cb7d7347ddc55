import { once } from 'node:events';
import { vi } from 'vitest';
import { type RunningCommand, startCommand, untilPrinted } from './command.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

export interface ServeOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  /** What a shell does before it becomes the command; `root` is removed with the instance. */
  readonly before?: (root: string) => string;
}

/** An instance that `holdfast serve` runs, with what is secret in its memory. */
export class ServedInstance implements AsyncDisposable {
  readonly cloud: TestCloud;
  readonly place: TestInstance;
  readonly command: RunningCommand;

  private constructor(cloud: TestCloud, place: TestInstance, command: RunningCommand) {
    this.cloud = cloud;
    this.place = place;
    this.command = command;
  }

  static async start({ env, args = [], before }: ServeOptions = {}): Promise<ServedInstance> {
    const cloud = await TestCloud.start();
    const place = await TestInstance.start(cloud);
    // Connected, so that its token is saved and the command goes on with the same.
    await vi.waitUntil(() => cloud.requests.includes('GET /api/instance'), { timeout: 10_000 });
    await place.down();
    const command = startCommand(
      [...place.serveArguments, ...args],
      { ...place.commandEnvironment, ...env },
      before?.(place.root),
    );
    await untilPrinted(command, 'Its cloud is');
    return new ServedInstance(cloud, place, command);
  }

  get pid(): number {
    return this.command.process.pid as number;
  }

  get secrets(): string[] {
    return [...this.cloud.clients.values(), ...this.cloud.instanceTokens];
  }

  /** Where it listens. */
  get url(): string {
    return /http:\/\/[^/\s]+/.exec(this.command.output)?.[0] ?? '';
  }

  async isAnswering(): Promise<boolean> {
    return (await fetch(`${this.url}/healthz`)).ok;
  }

  /** @returns the exit code; null when the signal ended the process */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = once(this.command.process, 'close');
    this.command.process.kill(signal);
    return (await ended)[0] as number | null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.command.process;
    if (exitCode === null && signalCode === null) await this.end('SIGKILL');
    await this.place[Symbol.asyncDispose]();
    await this.cloud[Symbol.asyncDispose]();
  }
}
