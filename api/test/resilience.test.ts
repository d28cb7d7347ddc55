import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../src/clock.ts';
import { type Fault, TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

// What a cloud may do to an instance whose people are at work.

/** How long the instance waits for an answer in these tests. */
const timeout = 100;
/** What sleeps longer is not the connection to the cloud. */
const longestWait = 300_000;

/** A clock that, once it is impatient, cuts all waiting short and notes how long the cloud should have been left alone. */
class ImpatientClock implements Clock {
  readonly waits: number[] = [];
  /** Milliseconds that it is ahead. */
  offset = 0;
  readonly #becomesImpatient = Promise.withResolvers<void>();
  #isImpatient = false;

  becomeImpatient(): void {
    this.#isImpatient = true;
    this.#becomesImpatient.resolve();
  }

  now(): number {
    return Date.now() + this.offset;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#isImpatient && milliseconds <= longestWait) this.waits.push(milliseconds);
    if (!this.#isImpatient)
      await Promise.race([this.#becomesImpatient.promise, systemClock.sleep(milliseconds, signal)]);
    await sleep(Math.min(milliseconds, 20), undefined, { signal });
  }
}

/** An instance with its owner, who is signed in. */
class Scene implements AsyncDisposable {
  readonly cloud: TestCloud;
  readonly instance: TestInstance;
  readonly owner: TestBrowser;
  readonly clock: ImpatientClock;

  private constructor(cloud: TestCloud, instance: TestInstance, owner: TestBrowser, clock: ImpatientClock) {
    this.cloud = cloud;
    this.instance = instance;
    this.owner = owner;
    this.clock = clock;
  }

  static async create(random = () => 1): Promise<Scene> {
    const clock = new ImpatientClock();
    const cloud = await TestCloud.start();
    const instance = await TestInstance.start(
      cloud,
      {},
      { clock, random, cloudTimeoutMilliseconds: timeout },
    );
    await vi.waitUntil(() => cloud.requests.includes('GET /api/instance'), { timeout: 10_000 });
    const owner = await TestBrowser.create(instance);
    expect(await owner.claim(await instance.claimCode())).toMatchObject({ __typename: 'InstanceClaimed' });
    return new Scene(cloud, instance, owner, clock);
  }

  /** Whether the owner can go on working. */
  async isAtWork(): Promise<boolean> {
    const { status, data } = await this.owner.ask('{ instance { name } viewer { id } }');
    return status === 200 && (data?.viewer as { id: string } | null)?.id === 'account-1';
  }

  logged(text: string): number {
    return this.instance.logLines.filter((line) => line.includes(text)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    await this.cloud[Symbol.asyncDispose]();
  }
}

/** What goes wrong, and how it ends. */
type Outage = (cloud: TestCloud) => Promise<() => Promise<void>>;

const withFault =
  (fault: Fault): Outage =>
  async (cloud) => {
    cloud.fault = fault;
    return async () => {
      cloud.fault = () => undefined;
    };
  };

/** Something else than a web server is there. */
const withServer =
  (answer: (socket: Socket) => void): Outage =>
  async (cloud) => {
    await cloud.down();
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      answer(socket);
    });
    server.listen(cloud.port, 'localhost');
    await once(server, 'listening');
    return async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
      await cloud.up();
    };
  };

const at =
  (path: string, answer: () => Response): Fault =>
  (request) =>
    new URL(request.url).pathname === path ? answer() : undefined;

/** Says the same again and again, until nobody listens. */
function endless(piece: string, everyMilliseconds: number): Response {
  const bytes = new TextEncoder().encode(piece);
  const body = new ReadableStream({
    async pull(controller) {
      await sleep(everyMilliseconds);
      controller.enqueue(bytes);
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/json' } });
}

const outages: [string, Outage, RegExp][] = [
  [
    'is gone',
    async (cloud) => {
      await cloud.down();
      return async () => cloud.up();
    },
    /nothing listens at that address/,
  ],
  ['answers after 30 s', withFault(async () => sleep(300, undefined)), /longer than 0\.1 seconds/],
  ['answers a byte at a time', withFault(() => endless(' ', 20)), /longer than 0\.1 seconds/],
  ['answers without end', withFault(() => endless('x'.repeat(65_536), 0)), /its answer is too long/],
  ['answers 500', withFault(() => new Response('no', { status: 500 })), /HTTP status 500/],
  ['answers HTML', withFault(() => new Response('<html>')), /not a Holdfast cloud/],
  ['answers null', withFault(() => Response.json(null)), /not a Holdfast cloud/],
  ['answers 404', withFault(() => new Response('', { status: 404 })), /not a Holdfast cloud/],
  ['publishes no key', withFault(at('/jwks', () => Response.json({ keys: [] }))), /no signing key/],
  ['publishes broken keys', withFault(at('/jwks', () => Response.json({ keys: 7 }))), /keys cannot be read/],
  [
    'publishes half a key',
    withFault(
      at('/jwks', () => Response.json({ keys: [{ kty: 'EC', crv: 'P-256', kid: 'x', x: 'AA', y: 'AA' }] })),
    ),
    /keys cannot be read/,
  ],
  [
    'answers about the instance with nonsense',
    withFault(at('/api/instance', () => Response.json([]))),
    /makes no sense/,
  ],
  ['speaks no HTTP', withServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')), /the request failed/],
  ['cuts every line', withServer((socket) => socket.resetAndDestroy()), /broke|failed/],
  ['says nothing', withServer(() => undefined), /longer than 0\.1 seconds/],
];

describe('row 50: a cloud that', () => {
  test.each(outages)(
    '%s: people go on, it is said once, and it ends by itself',
    async (_what, begin, reason) => {
      await using scene = await Scene.create();
      const { instance, clock, cloud } = scene;
      const end = await begin(cloud);
      expect(await scene.isAtWork()).toBe(true);

      clock.becomeImpatient();
      await instance.until(({ notices }) => notices.some(({ message }) => reason.test(message)));
      await vi.waitUntil(() => clock.waits.length > 5, { timeout: 10_000 });
      expect(await scene.isAtWork()).toBe(true);
      expect(scene.logged('"CLOUD_UNREACHABLE"')).toBe(1);
      expect(instance.logLines.find((line) => line.includes('"CLOUD_UNREACHABLE"'))).toMatch(reason);

      await end();
      await instance.until(({ notices }) => notices.length === 0);
      expect(scene.logged('The cloud answers again')).toBe(1);
      expect(scene.logged('"level":50')).toBe(0);
      expect(await scene.isAtWork()).toBe(true);
      expect(cloud.clients.size).toBe(1);
    },
  );

  test('redirects: nothing follows it, so that no credential leaves', async () => {
    await using scene = await Scene.create();
    await using elsewhere = await TestCloud.start();
    const { cloud, clock, instance } = scene;
    cloud.fault = (request) => Response.redirect(request.url.replace(cloud.issuer, elsewhere.issuer), 307);
    clock.becomeImpatient();
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
    cloud.fault = (request) => {
      const isMetadata = request.url.includes('/.well-known/') || request.url.endsWith('/jwks');
      return isMetadata
        ? undefined
        : Response.redirect(request.url.replace(cloud.issuer, elsewhere.issuer), 308);
    };
    await vi.waitUntil(() => cloud.requests.at(-1) === 'GET /api/instance', { timeout: 10_000 });
    await vi.waitUntil(() => clock.waits.length > 10, { timeout: 10_000 });
    expect(elsewhere.requests).toEqual([]);
    expect(await scene.isAtWork()).toBe(true);
  });

  test('is away is asked ever more rarely, each instance at its own moments', async () => {
    const waitsWith = async (random: () => number): Promise<number[]> => {
      await using scene = await Scene.create(random);
      await scene.cloud.down();
      scene.clock.becomeImpatient();
      await vi.waitUntil(() => scene.clock.waits.length > 7, { timeout: 10_000 });
      return scene.clock.waits.slice(0, 7);
    };
    const [late, early] = await Promise.all([waitsWith(() => 1), waitsWith(() => 0)]);
    expect(late).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(early).toEqual(late.map((wait) => Math.max(wait / 2, 1_000)));
  });

  test('says when to come back is believed, within five minutes', async () => {
    await using scene = await Scene.create();
    const { cloud, clock } = scene;
    let seconds = '7';
    cloud.fault = () => new Response('', { status: 503, headers: { 'retry-after': seconds } });
    clock.becomeImpatient();
    await vi.waitUntil(() => clock.waits.includes(7_000), { timeout: 10_000 });
    seconds = '86400';
    await vi.waitUntil(() => clock.waits.includes(300_000), { timeout: 10_000 });
  });
});

describe('while the cloud is gone', () => {
  test('a session lasts until its token ends, and no longer', async () => {
    await using scene = await Scene.create();
    await scene.cloud.down();
    const now = Math.floor(Date.now() / 1_000);
    const ended = await TestBrowser.create(scene.instance, { iat: now - 400, exp: now - 100 });
    expect(await ended.ask('{ viewer { id } }')).toMatchObject({ status: 401 });
    expect(await scene.isAtWork()).toBe(true);
  });

  test('a token under a key that nobody could ask for is not called wrong, and asks once', async () => {
    await using scene = await Scene.create();
    const { cloud, owner, clock } = scene;
    // The keys were asked for a moment ago, which is not repeated at once.
    clock.offset = 31_000;
    await cloud.rotateKeys();
    cloud.fault = () => new Response('', { status: 500 });
    const before = cloud.requests.length;
    const answers = await Promise.all(Array.from({ length: 20 }, async () => owner.ask('{ viewer { id } }')));
    for (const { status, code } of answers)
      expect({ status, code }).toEqual({ status: 503, code: 'cloud_unavailable' });
    expect(cloud.requests.length - before).toBe(1);
  });
});
