import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryRoot } from '../scripts/builds.cjs';

const startTimeoutMilliseconds = 60_000;

/** A cloud and an instance as `npm start` runs them, on ports and in directories of their own. */
export class TestNetwork implements AsyncDisposable {
  readonly instanceUrl: string;
  readonly cloudUrl: string;
  readonly dataPath: string;
  readonly configHome: string;
  readonly #listen: string;
  #root: string;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(root: string, host: string, instancePort: number, cloudPort: number) {
    this.#root = root;
    this.#listen = `${host}:${instancePort}`;
    this.dataPath = join(root, 'data');
    this.configHome = join(root, 'config');
    this.instanceUrl = `http://127.0.0.1:${instancePort}`;
    this.cloudUrl = `http://localhost:${cloudPort}`;
  }

  /** `host` is where the instance listens; `0.0.0.0` makes it one that other machines reach, too. */
  static async start({ host = '127.0.0.1' } = {}): Promise<TestNetwork> {
    const [instancePort, cloudPort] = await freePorts(2);
    const root = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
    const network = new TestNetwork(root, host, instancePort as number, cloudPort as number);
    await network.up();
    return network;
  }

  /** Everything that both servers have printed and logged since the first start. */
  get output(): string {
    return this.#output;
  }

  get claimCodePath(): string {
    return join(this.dataPath, 'instance', 'claim-code');
  }

  get claimCode(): string {
    return readFileSync(this.claimCodePath, 'utf8').trim();
  }

  /** The address that the terminal prints: with the claim code in the fragment while unclaimed. */
  get printedUrl(): string {
    const addresses = [...this.#output.matchAll(/http:\/\/127\.0\.0\.1:\d+\/?(?:#claim=[0-9A-Z.-]+)?/g)];
    const last = addresses.findLast(([address]) => address.startsWith(this.instanceUrl));
    if (!last) throw new Error('The start command printed no address of the instance.');
    return last[0];
  }

  get startArguments(): string[] {
    return [
      ...['--data-path', this.dataPath, '--no-open'],
      ...['--listen', this.#listen, '--cloud-listen', new URL(this.cloudUrl).host],
    ];
  }

  async up(...moreArguments: string[]): Promise<void> {
    const child = spawn(
      process.execPath,
      ['scripts/bin/start.cjs', ...this.startArguments, ...moreArguments],
      {
        cwd: repositoryRoot,
        env: { ...process.env, XDG_CONFIG_HOME: this.configHome, NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    const before = this.#output.length;
    const deadline = Date.now() + startTimeoutMilliseconds;
    while (!this.#output.includes('Ctrl-C', before) || !(await this.#isRegistered())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`The servers did not start:\n${this.#output}`);
      }
      await sleep(50);
    }
  }

  /** Ctrl-C: resolves with the exit code once the process has ended. */
  async down({ keystrokes = 1 } = {}): Promise<number | null> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    for (let sent = 0; sent < keystrokes; sent++) child.kill('SIGINT');
    const [exitCode] = await exited;
    return exitCode;
  }

  async restart(...moreArguments: string[]): Promise<void> {
    await this.down();
    await this.up(...moreArguments);
  }

  async publicInstance(): Promise<{ id: string; state: string; resource: string }> {
    const response = await fetch(`${this.instanceUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ instance { id state resource } }' }),
    });
    const { data } = (await response.json()) as {
      data: { instance: { id: string; state: string; resource: string } };
    };
    return data.instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    if (existsSync(this.#root)) await rm(this.#root, { recursive: true, force: true });
  }

  async #isRegistered(): Promise<boolean> {
    try {
      return (await this.publicInstance()).state !== 'UNREGISTERED';
    } catch {
      return false;
    }
  }
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
