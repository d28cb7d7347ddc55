import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
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

async function textOf(incoming: IncomingMessage): Promise<string> {
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
