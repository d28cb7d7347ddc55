import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultWebApp } from '../api/src/config.ts';
import { createInstance, type Instance } from '../api/src/instance.ts';
import { createLogger } from '../api/src/logger.ts';
import { type Cloud, createCloud } from '../cloud/src/cloud.ts';
import { defaultLifetimes, type TokenLifetimes } from '../cloud/src/lifetimes.ts';
import { createLogger as createCloudLogger } from '../cloud/src/logger.ts';
import { freePorts } from './test-network.ts';

const silent = { destination: { write: () => undefined } };

/** A cloud and an instance inside the test's process: with other lifetimes, and a cloud that can go away alone. */
export class AdjustableNetwork implements AsyncDisposable {
  readonly cloudUrl: string;
  readonly #root: string;
  readonly #lifetimes: TokenLifetimes;
  #cloud: Cloud | undefined;
  #instance: Instance | undefined;

  private constructor(root: string, cloudUrl: string, lifetimes: TokenLifetimes) {
    this.#root = root;
    this.cloudUrl = cloudUrl;
    this.#lifetimes = lifetimes;
  }

  static async start(lifetimes: Partial<TokenLifetimes> = {}): Promise<AdjustableNetwork> {
    const [port] = await freePorts(1);
    const root = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
    const network = new AdjustableNetwork(root, `http://localhost:${port}`, {
      ...defaultLifetimes,
      ...lifetimes,
    });
    await network.cloudUp();
    network.#instance = await createInstance(
      {
        dataPath: join(root, 'instance'),
        listen: { host: '127.0.0.1', port: 0 },
        cloud: network.cloudUrl,
        keys: { directory: join(root, 'keys') },
        allowedOrigins: [],
        webApp: defaultWebApp,
      },
      {},
      { logger: createLogger(silent) },
    );
    return network;
  }

  get instanceUrl(): string {
    return this.#running.url;
  }

  get printedUrl(): string {
    return this.#running.claimUrl ?? this.#running.url;
  }

  get cloudDataPath(): string {
    return join(this.#root, 'cloud');
  }

  async cloudUp(): Promise<void> {
    this.#cloud = await createCloud(
      {
        dataPath: this.cloudDataPath,
        listen: { host: 'localhost', port: Number(new URL(this.cloudUrl).port) },
        webApp: defaultWebApp,
        lifetimes: this.#lifetimes,
      },
      { logger: createCloudLogger(silent) },
    );
  }

  async cloudDown(): Promise<void> {
    await this.#cloud?.[Symbol.asyncDispose]();
    this.#cloud = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instance?.[Symbol.asyncDispose]();
    await this.cloudDown();
    await rm(this.#root, { recursive: true, force: true });
  }

  get #running(): Instance {
    if (!this.#instance) throw new Error('The instance does not run.');
    return this.#instance;
  }
}
