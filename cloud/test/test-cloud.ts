import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import { type Cloud, createCloud } from '../src/cloud.ts';
import type { CloudConfig } from '../src/config.ts';
import { defaultLifetimes, type TokenLifetimes } from '../src/lifetimes.ts';
import { createLogger } from '../src/logger.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** A real cloud on a port and in a data directory of its own. */
export class TestCloud implements AsyncDisposable {
  readonly root: string;
  readonly logLines: string[] = [];
  /** What `get` and `post` send as that of the browser they stand for, unless they are told another one. */
  readonly pageKey = randomBytes(32).toString('hex');
  config: CloudConfig;
  readonly #removeRoot: () => Promise<void>;
  #cloud: Cloud | undefined;

  private constructor(root: string, config: CloudConfig, removeRoot: () => Promise<void>) {
    this.root = root;
    this.config = config;
    this.#removeRoot = removeRoot;
  }

  /** @param lifetimes those that are not the default; they may be shorter than an operator could choose */
  static async start(
    lifetimes: Partial<TokenLifetimes> = {},
    config: Partial<CloudConfig> = {},
  ): Promise<TestCloud> {
    const directory = await temporaryDirectory();
    const webApp = join(directory.path, 'web');
    await mkdir(join(webApp, 'assets'), { recursive: true });
    await writeFile(join(webApp, 'account.html'), '<!doctype html><title>Holdfast account</title>');
    await writeFile(join(webApp, 'index.html'), '<!doctype html><title>The page of instances</title>');
    await writeFile(join(webApp, 'assets', 'main-abc123.js'), 'export {};');
    await writeFile(join(webApp, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const cloud = new TestCloud(
      directory.path,
      {
        dataPath: join(directory.path, 'data'),
        listen: { host: '127.0.0.1', port: 0 },
        webApp,
        lifetimes: { ...defaultLifetimes, ...lifetimes },
        ...config,
      },
      async () => directory[Symbol.asyncDispose](),
    );
    await cloud.up();
    return cloud;
  }

  /** Starts, at the port it had before, because that is part of its issuer. */
  async up(): Promise<void> {
    const logger = createLogger({
      level: 'debug',
      destination: { write: (line) => void this.logLines.push(line) },
    });
    this.#cloud = await createCloud(this.config, { logger });
    if (this.config.listen.port === 0) {
      const port = Number(new URL(this.#cloud.url).port);
      this.config = { ...this.config, listen: { ...this.config.listen, port } };
    }
  }

  async down(): Promise<void> {
    await this.#cloud?.[Symbol.asyncDispose]();
    this.#cloud = undefined;
  }

  async restart(): Promise<void> {
    await this.down();
    // Until `fetch` has seen that its connections were closed, it would use them again.
    await sleep(50);
    await this.up();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    await this.#removeRoot();
  }

  get port(): number {
    return this.config.listen.port;
  }

  /** Its issuer. */
  get url(): string {
    if (!this.#cloud) throw new Error('The cloud is down.');
    return this.#cloud.url;
  }

  file(name: string): string {
    return join(this.config.dataPath, name);
  }

  async get(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('holdfast-page-key')) headers.set('holdfast-page-key', this.pageKey);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.get(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async postForm(
    path: string,
    parameters: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(`${this.url}${path}`, { method: 'POST', headers, body: new URLSearchParams(parameters) });
  }

  /** Every file of its data directory, by name. */
  async everythingOnDisk(): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    for (const entry of await readdir(this.config.dataPath, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) files.set(entry.name, await readFile(join(entry.parentPath, entry.name)));
    }
    return files;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

/** Moves the clock of this process, which the cloud shares; it stands still until `vi.useRealTimers()`. */
export function moveClock(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1_000);
}
