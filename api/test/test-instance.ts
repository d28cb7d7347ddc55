import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceConfig } from '../src/config.ts';
import {
  createInstance,
  type Instance,
  type InstanceOverrides,
  type StartupQuestions,
} from '../src/instance.ts';
import { createLogger } from '../src/logger.ts';
import { createKey, type Members, signProof, type TestKey } from './credentials.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { TestCloud } from './test-cloud.ts';

export interface GraphQLAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly { message: string; extensions?: { code: string } }[];
  /** `extensions.code` of the first error. */
  readonly code: string | undefined;
}

/** A real instance on a port, a data directory and a key of its own. */
export class TestInstance implements AsyncDisposable {
  readonly root: string;
  cloud: TestCloud;
  config: InstanceConfig;
  readonly logLines: string[] = [];
  readonly #dispose: () => Promise<void>;
  #instance: Instance | undefined;

  private constructor(cloud: TestCloud, config: InstanceConfig, root: string, dispose: () => Promise<void>) {
    this.cloud = cloud;
    this.config = config;
    this.root = root;
    this.#dispose = dispose;
  }

  static async start(
    cloud: TestCloud,
    config: Partial<InstanceConfig> = {},
    overrides: InstanceOverrides = {},
    questions: StartupQuestions = {},
  ): Promise<TestInstance> {
    const directory = await temporaryDirectory();
    const root = directory.path;
    const webApp = join(root, 'web');
    await mkdir(join(webApp, 'assets'), { recursive: true });
    await writeFile(join(webApp, 'index.html'), '<!doctype html><title>Holdfast</title>');
    await writeFile(join(webApp, 'assets', 'main-abc123.js'), 'export {};');
    const instance = new TestInstance(
      cloud,
      {
        dataPath: join(root, 'data'),
        listen: { host: '127.0.0.1', port: 0 },
        cloud: cloud.issuer,
        keys: { directory: join(root, 'config', 'holdfast', 'keys') },
        allowedOrigins: [],
        webApp,
        ...config,
      },
      root,
      async () => directory[Symbol.asyncDispose](),
    );
    await instance.up(overrides, questions);
    return instance;
  }

  async up(overrides: InstanceOverrides = {}, questions: StartupQuestions = {}): Promise<void> {
    const logger = createLogger({
      level: 'debug',
      destination: { write: (line) => void this.logLines.push(line) },
    });
    this.#instance = await createInstance(this.config, questions, { logger, random: () => 0, ...overrides });
  }

  async down(): Promise<void> {
    await this.#instance?.[Symbol.asyncDispose]();
    this.#instance = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    await this.#dispose();
  }

  get isUp(): boolean {
    return this.#instance !== undefined;
  }

  get handle(): Instance {
    if (!this.#instance) throw new Error('The instance is down.');
    return this.#instance;
  }

  /** Where it listens, which is not where a proxy publishes it. */
  get url(): string {
    const isPublished = this.config.reach?.publicUrl !== undefined;
    return isPublished ? `http://127.0.0.1:${this.config.listen.port}` : this.handle.url;
  }

  /** With it, a command finds the data and the key of this instance. */
  get commandEnvironment(): NodeJS.ProcessEnv {
    return { HOLDFAST_DATA_PATH: this.config.dataPath, XDG_CONFIG_HOME: join(this.root, 'config') };
  }

  /** With them, `holdfast` serves this instance, on a port that the system chooses. */
  get serveArguments(): string[] {
    const { cloud, webApp } = this.config;
    return ['serve', '--listen', '127.0.0.1:0', '--cloud', cloud, '--web-app', webApp, '--no-open'];
  }

  get claimCodePath(): string {
    return join(this.config.dataPath, 'claim-code');
  }

  async claimCode(): Promise<string> {
    return (await readFile(this.claimCodePath, 'utf8')).trim();
  }

  /** Everything that lies on the disk below its data and key directories, by path. */
  async everythingOnDisk(): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    for (const root of [this.config.dataPath, this.config.keys.directory]) {
      for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
        const path = join(entry.parentPath, entry.name);
        if (entry.isFile()) files.set(path, await readFile(path));
      }
    }
    return files;
  }

  /** From the next start on it has another cloud. */
  moveTo(cloud: TestCloud): void {
    this.cloud = cloud;
    this.config = { ...this.config, cloud: cloud.issuer };
  }

  async anonymously(query: string, headers: Record<string, string> = {}): Promise<GraphQLAnswer> {
    return post(this.url, { query }, headers);
  }

  /** Resolves once the public part of the instance satisfies `isSo`. */
  async until(
    isSo: (instance: { state: string; notices: { code: string; message: string }[] }) => boolean,
  ): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { data } = await this.anonymously('{ instance { state notices { code message } } }');
      if (isSo(data?.instance as { state: string; notices: { code: string; message: string }[] })) return;
      if (Date.now() > deadline) throw new Error(`Waited in vain; the instance says ${JSON.stringify(data)}`);
      await sleep(20);
    }
  }

  async untilRegistered(): Promise<this> {
    await this.until(({ state }) => state !== 'UNREGISTERED');
    return this;
  }

  /** Until it has connected: the window for claims has begun, claims were carried on, and nothing is being saved. */
  async untilConnected(): Promise<this> {
    await this.untilRegistered();
    while (!this.cloud.requests.includes('GET /api/instance')) await sleep(20);
    return this;
  }
}

/** A person's browser with its key. */
export class TestBrowser {
  readonly instance: TestInstance;
  readonly key: TestKey;
  readonly claims: Members;
  #nonce: string | undefined;

  private constructor(instance: TestInstance, key: TestKey, claims: Members) {
    this.instance = instance;
    this.key = key;
    this.claims = claims;
  }

  static async create(instance: TestInstance, claims: Members = {}): Promise<TestBrowser> {
    return new TestBrowser(instance, await createKey(), claims);
  }

  async headers(url = `${this.instance.url}/graphql`): Promise<{ authorization: string; dpop: string }> {
    const accessToken = await this.instance.cloud.accessToken(this.key, this.claims);
    const now = Math.floor(Date.now() / 1_000);
    const dpop = await signProof({ key: this.key, accessToken, url, now, claims: { nonce: this.#nonce } });
    return { authorization: `DPoP ${accessToken}`, dpop };
  }

  /** As every client does that knows RFC 9449, it asks once more when it is told a nonce. */
  async ask(query: string, variables: Members = {}): Promise<GraphQLAnswer> {
    const answer = await post(this.instance.url, { query, variables }, await this.headers());
    const isTold = answer.code === 'use_dpop_nonce' && this.hearNonce(answer.headers.get('dpop-nonce'));
    return isTold ? post(this.instance.url, { query, variables }, await this.headers()) : answer;
  }

  /** Puts the `DPoP-Nonce` of an answer into all proofs from now on. @returns whether there was one */
  hearNonce(nonce: unknown): boolean {
    if (typeof nonce === 'string') this.#nonce = nonce;
    return typeof nonce === 'string';
  }

  async claimTriesLeft(): Promise<unknown> {
    const { data } = await this.ask('{ viewer { claimTriesLeft } }');
    return (data?.viewer as Record<string, unknown> | undefined)?.claimTriesLeft;
  }

  async claim(code: string): Promise<Record<string, unknown>> {
    const { data, errors } = await this.ask(
      `mutation ($code: String!) { claimInstance(code: $code) {
        __typename
        ... on WrongClaimCode { triesLeft message } ... on ClaimLocked { message } ... on ClaimWindowClosed { message }
        ... on AlreadyClaimed { message } ... on CloudUnavailable { message }
      } }`,
      { code },
    );
    if (!data) throw new Error(`The claim was refused: ${JSON.stringify(errors)}`);
    return data.claimInstance as Record<string, unknown>;
  }
}

async function post(url: string, body: unknown, headers: Record<string, string>): Promise<GraphQLAnswer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { data, errors = [] } = (await response.json()) as Partial<GraphQLAnswer>;
  return {
    status: response.status,
    headers: response.headers,
    data,
    errors,
    code: errors[0]?.extensions?.code,
  };
}

/** A request with whatever headers and target, which `fetch` would not send. */
export async function rawRequest(
  url: string,
  { method = 'GET', path = '/', headers = [] as [string, string][], body = '' },
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const { hostname, port } = new URL(url);
  const outgoing = request({
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    method,
    path,
    setHost: false,
    headers: headers.flat(),
    agent: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('response', resolve).on('error', reject).end(body);
  const response = await promise;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}
