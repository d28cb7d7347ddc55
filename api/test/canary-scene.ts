import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { filesBelow, findCanaries } from './canary-search.ts';
import { type RunningCommand, runCommand, startCommand, untilPrinted } from './command.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

interface SceneOptions {
  /** Whether the instance has registered in an earlier run; true unless given. */
  readonly isRegistered?: boolean;
}

/** An instance with its cloud, the secrets of both, and all that could betray them. */
export class CanaryScene implements AsyncDisposable {
  readonly cloud: TestCloud;
  /** Its root is searched, with everything that commands leave there. */
  readonly place: TestInstance;
  readonly #inputs: AsyncDisposable & { path: string };
  readonly #secrets = new Map<string, string>();
  readonly #claimCodes = new Map<string, string>();
  readonly #commands: [string, RunningCommand][] = [];
  readonly #answers: string[] = [];
  readonly #repeatable = new Set<string>();

  private constructor(cloud: TestCloud, place: TestInstance, inputs: AsyncDisposable & { path: string }) {
    this.cloud = cloud;
    this.place = place;
    this.#inputs = inputs;
  }

  static async create({ isRegistered = true }: SceneOptions = {}): Promise<CanaryScene> {
    const cloud = await TestCloud.start();
    if (!isRegistered) await cloud.down();
    const place = await TestInstance.start(cloud);
    if (isRegistered) {
      await vi.waitUntil(() => cloud.requests.includes('GET /api/instance'), { timeout: 10_000 });
    }
    await place.down();
    return new CanaryScene(cloud, place, await temporaryDirectory());
  }

  /** Makes up a secret of several words, and looks for it from now on. */
  plant(name: string): string {
    return this.#keep(name, `canary ${randomBytes(9).toString('base64url')} staple`);
  }

  /** Makes up a secret in one word, and looks for it from now on. */
  plantWord(name: string): string {
    return this.#keep(name, `canary${randomBytes(9).toString('hex')}`);
  }

  /** Looks for a secret that came about in another way. */
  watch(name: string, secret: string): void {
    this.#secrets.set(name, secret);
  }

  /** Lets answers repeat a planted secret: they go to whoever sent it, or may read it. */
  mayBeAnswered(...names: string[]): void {
    for (const name of names) this.#repeatable.add(name);
  }

  /** Looks for secrets in what the instance answered. */
  keepAnswer(answer: string): void {
    this.#answers.push(answer);
  }

  /** A file with a secret, where nobody looks for one. */
  async fileWith(secret: string): Promise<string> {
    const path = join(this.#inputs.path, randomBytes(6).toString('hex'));
    await writeFile(path, `${secret}\n`, { mode: 0o600 });
    return path;
  }

  /** Runs a command on the instance to its end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const command = await runCommand(args, { ...this.place.commandEnvironment, ...env });
    this.#commands.push([args.join(' '), command]);
    return command;
  }

  /** Serves the instance in a process of its own, until `stop`. */
  async serve({
    args = this.place.serveArguments,
    env = {},
    before,
  }: {
    args?: readonly string[];
    env?: NodeJS.ProcessEnv;
    before?: string;
  } = {}) {
    const command = startCommand(args, { ...this.place.commandEnvironment, ...env }, before);
    this.#commands.push([`serve ${this.#commands.length}`, command]);
    await untilPrinted(command, 'Its cloud is');
    const url = /http:\/\/[\d.:]+/.exec(command.output)?.[0] ?? '';
    if (existsSync(this.place.claimCodePath)) {
      const code = await this.place.claimCode();
      this.#claimCodes.set(`claim code ${this.#claimCodes.size}`, code);
    }
    return { command, url };
  }

  async stop(
    { process }: Pick<RunningCommand, 'process'>,
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<void> {
    const ended = once(process, 'close');
    process.kill(signal);
    await ended;
  }

  #keep(name: string, secret: string): string {
    this.#secrets.set(name, secret);
    return secret;
  }

  /** Where secrets are that should not be there. */
  async betrayals(): Promise<string[]> {
    const secrets = new Map(this.#secrets);
    for (const [kind, values] of [
      ['client secret', this.cloud.clients.values()],
      ['instance token', this.cloud.instanceTokens],
      ['registration access token', this.cloud.managementTokens.values()],
    ] as const) {
      for (const value of values) secrets.set(`${kind} ${value.slice(-4)}`, value);
    }
    const places = new Map<string, string | Buffer>(await filesBelow(this.place.root));
    places.set('the log', this.place.logLines.join(''));
    for (const [name, { errors }] of this.#commands) places.set(`standard error of ${name}`, errors);
    // The person at the terminal, and who may read the data directory, is to have the claim code; nobody else.
    const codeless = new Map(places);
    codeless.delete(join('data', 'claim-code'));
    for (const [name, { output }] of this.#commands) places.set(`standard output of ${name}`, output);
    const answers = new Map([['the answers', this.#answers.join('\n')]]);
    const unanswerable = new Map([...secrets].filter(([name]) => !this.#repeatable.has(name)));
    return [
      ...findCanaries(secrets, places),
      ...findCanaries(this.#claimCodes, new Map([...codeless, ...answers])),
      ...findCanaries(unanswerable, answers),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [, { process }] of this.#commands) {
      if (process.exitCode === null && process.signalCode === null) await this.stop({ process }, 'SIGKILL');
    }
    await this.place[Symbol.asyncDispose]();
    await this.cloud[Symbol.asyncDispose]();
    await this.#inputs[Symbol.asyncDispose]();
  }
}
