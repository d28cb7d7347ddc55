import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { createHttpServer } from '../src/http-server.ts';
import { listen } from '../src/listeners.ts';
import { createKey, signProof, type TestKey } from './credentials.ts';
import { ServedInstance } from './served-instance.ts';

// What SIGTERM does to the requests that have begun, in a process of its own.

const longestStop = 5_000;

/** The owner of an instance that `holdfast serve` runs. */
class Owner {
  readonly #served: ServedInstance;
  readonly #key: TestKey;
  /** The instance had been started before, so it demands one for a while. */
  #nonce: string | undefined;

  private constructor(served: ServedInstance, key: TestKey) {
    this.#served = served;
    this.#key = key;
  }

  static async of(served: ServedInstance): Promise<Owner> {
    const owner = new Owner(served, await createKey());
    // The cloud has to be connected, or it does not hear of the claim.
    await vi.waitUntil(() => served.cloud.requests.filter((path) => path === 'GET /api/instance').length > 1);
    owner.#nonce = (await owner.ask('{ viewer { id } }')).nonce;
    const code = await served.place.claimCode();
    const { text } = await owner.ask(
      `mutation { claimInstance(code: "${code}") { __typename ... on WrongClaimCode { message } } }`,
    );
    expect(text).toContain('InstanceClaimed');
    return owner;
  }

  async begin(query: string, headers: Record<string, string> = {}) {
    const url = `${this.#served.url}/graphql`;
    const accessToken = await this.#served.cloud.accessToken(this.#key);
    const now = Math.floor(Date.now() / 1_000);
    const dpop = await signProof({ key: this.#key, accessToken, url, now, claims: { nonce: this.#nonce } });
    const outgoing = request(url, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        connection: 'keep-alive',
        authorization: `DPoP ${accessToken}`,
        dpop,
        ...headers,
      },
    });
    outgoing.end(JSON.stringify({ query }));
    return outgoing;
  }

  async ask(query: string): Promise<{ text: string; nonce: string | undefined }> {
    const [incoming] = (await once(await this.begin(query), 'response')) as [IncomingMessage];
    const nonce = incoming.headers['dpop-nonce'];
    return { text: await textOf(incoming), nonce: typeof nonce === 'string' ? nonce : undefined };
  }
}

async function textOf(incoming: Readable): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += String(chunk);
  return text;
}

/** Sends SIGTERM. @returns how it ended, and after how many milliseconds */
async function stop(served: ServedInstance): Promise<{ exitCode: number | null; milliseconds: number }> {
  const from = performance.now();
  const exitCode = await served.end('SIGTERM');
  return { exitCode, milliseconds: performance.now() - from };
}

const rename = 'mutation { renameInstance(name: "Lab 2") { __typename } }';

test('SIGTERM: a request that has begun is answered, whatever else is open', async () => {
  await using served = await ServedInstance.start();
  const owner = await Owner.of(served);
  const { port } = new URL(served.url);
  const silent = connect(Number(port), '127.0.0.1');
  const idle = connect(Number(port), '127.0.0.1');
  idle.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(idle, 'data');
  const stream = await owner.begin('subscription { instanceChanged { name } }', {
    accept: 'text/event-stream',
  });
  const [events] = (await once(stream, 'response')) as [IncomingMessage];
  const heard = textOf(events);

  const renamed = Promise.withResolvers<void>();
  served.cloud.fault = async ({ method }) => {
    if (method !== 'PATCH') return undefined;
    renamed.resolve();
    return sleep(1_000, undefined);
  };
  const answered = owner.ask(rename);
  await renamed.promise;
  const stopped = stop(served);
  expect((await answered).text).toContain('"InstanceRenamed"');
  expect(served.cloud.name).toBe('Lab 2');
  expect(await heard).toContain('event: complete');
  const { exitCode, milliseconds } = await stopped;
  expect(exitCode).toBe(0);
  expect(milliseconds).toBeLessThan(longestStop);
  expect(served.command.errors).not.toContain('"level":50');
  for (const socket of [silent, idle]) socket.destroy();
});

test('SIGTERM: a request that waits for the cloud is told so, and does not hold the stop up', async () => {
  await using served = await ServedInstance.start();
  const owner = await Owner.of(served);
  const asked = Promise.withResolvers<void>();
  served.cloud.fault = async ({ method }) => {
    if (method !== 'PATCH') return undefined;
    asked.resolve();
    return sleep(30_000, undefined, { ref: false });
  };
  const answered = owner.ask(rename);
  await asked.promise;
  const stopped = stop(served);
  expect((await answered).text).toContain('"CloudUnavailable"');
  const { exitCode, milliseconds } = await stopped;
  expect(exitCode).toBe(0);
  expect(milliseconds).toBeLessThan(longestStop);
});

test('SIGTERM: an answer that is on its way arrives whole', async () => {
  await using served = await ServedInstance.start();
  const size = 20_000_000;
  await writeFile(join(served.place.config.webApp, 'assets', 'large-abc123.js'), Buffer.alloc(size, ' '));
  const outgoing = request(`${served.url}/assets/large-abc123.js`, { agent: false });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  // The reader takes its time, so that most of it waits at the server.
  await sleep(300);
  const stopped = stop(served);
  await sleep(300);
  let length = 0;
  for await (const chunk of incoming) length += (chunk as Buffer).length;
  expect(length).toBe(size);
  const { exitCode, milliseconds } = await stopped;
  expect(exitCode).toBe(0);
  expect(milliseconds).toBeLessThan(longestStop);
});

/** Asks again and again, until the instance is gone. @returns how the last request ended */
async function askUntilItEnds(url: string, agent: Agent): Promise<unknown> {
  try {
    for (;;) {
      const [incoming] = (await once(request(url, { agent }).end(), 'response')) as [IncomingMessage];
      await textOf(incoming);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

test.each([
  ['one connection', true],
  ['a new connection each', false],
])('SIGTERM: of requests that come one after the other, on %s, none is lost', async (_on, keepAlive) => {
  await using served = await ServedInstance.start();
  const agents = Array.from({ length: 20 }, () => new Agent({ keepAlive, maxSockets: 1 }));
  const ends = agents.map(async (agent) => askUntilItEnds(`${served.url}/healthz`, agent));
  await sleep(300);
  const { exitCode, milliseconds } = await stop(served);
  // Refused before anything was asked: to ask elsewhere, or again, does no harm.
  expect(await Promise.all(ends)).toEqual(agents.map(() => 'ECONNREFUSED'));
  expect(exitCode).toBe(0);
  expect(milliseconds).toBeLessThan(longestStop);
});

test('a stop: a request that was on its way is answered, on a connection that seemed to be idle', async () => {
  const listeners = await listen(
    () =>
      createHttpServer(
        (_incoming, outgoing) => outgoing.end('done'),
        () => [],
      ),
    { host: '127.0.0.1', port: 0 },
  );
  const socket = connect(listeners.port, '127.0.0.1').setEncoding('utf8');
  const ask = () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  ask();
  await once(socket, 'data');
  const stopped = listeners[Symbol.asyncDispose]();
  await sleep(60);
  const ended = textOf(socket);
  ask();
  expect(await ended).toMatch(/^HTTP\/1\.1 200 OK\r\nconnection: close\r\n.*done$/s);
  await stopped;
});

test('SIGTERM: whoever does not read the answer is cut in time', async () => {
  await using served = await ServedInstance.start();
  await writeFile(
    join(served.place.config.webApp, 'assets', 'large-abc123.js'),
    Buffer.alloc(20_000_000, ' '),
  );
  const { host, port } = new URL(served.url);
  const stubborn = connect(Number(port), '127.0.0.1').pause();
  stubborn.write(`GET /assets/large-abc123.js HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await once(stubborn, 'readable');
  const { exitCode, milliseconds } = await stop(served);
  expect(exitCode).toBe(0);
  expect(milliseconds).toBeLessThan(longestStop);
  stubborn.destroy();
});

test('SIGTERM: connections that nobody uses do not hold the stop up at all', async () => {
  await using served = await ServedInstance.start();
  const { port } = new URL(served.url);
  const silent = connect(Number(port), '127.0.0.1');
  await once(silent, 'connect');
  const { exitCode, milliseconds } = await stop(served);
  expect(exitCode).toBe(0);
  expect(milliseconds).toBeLessThan(1_500);
  silent.destroy();
});
