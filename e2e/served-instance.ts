import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryRoot } from '../scripts/builds.cjs';
import { freePorts } from './test-network.ts';

/** An instance alone, as `holdfast serve` runs it on a server, at a cloud that runs elsewhere. */
export class ServedInstance implements AsyncDisposable {
  readonly instanceUrl: string;
  readonly cloudUrl: string;
  readonly root: string;
  readonly #port: number;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(root: string, port: number, cloudUrl: string) {
    this.root = root;
    this.#port = port;
    this.cloudUrl = cloudUrl;
    this.instanceUrl = `http://127.0.0.1:${port}`;
  }

  static async create({ cloudUrl }: { cloudUrl: string }): Promise<ServedInstance> {
    const [port] = await freePorts(1);
    return new ServedInstance(mkdtempSync(join(tmpdir(), 'holdfast-served-')), port as number, cloudUrl);
  }

  /** Everything that it has printed and logged. */
  get output(): string {
    return this.#output;
  }

  /** The same instance with the same key, at a port of its own: what is there while this one is down. */
  async copy(): Promise<ServedInstance> {
    const copy = await ServedInstance.create({ cloudUrl: this.cloudUrl });
    await cp(this.root, copy.root, { recursive: true });
    return copy;
  }

  get claimCodePath(): string {
    return join(this.root, 'data', 'claim-code');
  }

  /** Resolves when it answers. */
  async up(flags: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<void> {
    const place = ['--data-path', join(this.root, 'data'), '--listen', `127.0.0.1:${this.#port}`];
    const child = spawn(
      process.execPath,
      ['scripts/bin/holdfast.cjs', 'serve', '--no-open', ...place, '--cloud', this.cloudUrl, ...flags],
      {
        cwd: repositoryRoot,
        env: { ...process.env, XDG_CONFIG_HOME: join(this.root, 'config'), NODE_OPTIONS: '', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#process = child;
    const before = this.#output.length;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    const deadline = Date.now() + 60_000;
    while (!this.#output.includes('Its cloud is', before)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`The instance did not start:\n${this.#output}`);
      await sleep(50);
    }
  }

  /** Resolves with its exit code once it has ended by itself. */
  async ended(): Promise<number | null> {
    const child = this.#process;
    if (!child) throw new Error('The instance was not started.');
    if (child.exitCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    await rm(this.root, { recursive: true, force: true });
  }
}
