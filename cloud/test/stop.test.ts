import { once } from 'node:events';
import { Agent, type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UnfinishedRequests } from '../src/http/unfinished-requests.ts';
import { createHttpServer } from '../src/http-server.ts';
import { listen } from '../src/listeners.ts';
import { TestCloud } from './test-cloud.ts';

test('a cloud that stops: an answer that is on its way arrives whole', async () => {
  const size = 20_000_000;
  // Handed over in one piece, as nearly all answers of a cloud are.
  const answer: RequestListener = (_incoming, response) => response.end(Buffer.alloc(size));
  const unfinished = new UnfinishedRequests({ peerNetworksOf: () => undefined });
  const listeners = await listen(() => createHttpServer(answer, unfinished), { host: '127.0.0.1', port: 0 });
  const outgoing = request({ host: '127.0.0.1', port: listeners.port, agent: false });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  // The reader takes its time, so that most of it waits at the server.
  await sleep(300);
  const stopped = listeners[Symbol.asyncDispose]();
  await sleep(300);
  let length = 0;
  for await (const chunk of incoming) length += (chunk as Buffer).length;
  expect(length).toBe(size);
  await stopped;
});

/** Asks again and again, until the cloud is gone. @returns how the last request ended */
async function askUntilItEnds(url: string, agent: Agent): Promise<unknown> {
  try {
    for (;;) {
      const [incoming] = (await once(request(url, { agent }).end(), 'response')) as [IncomingMessage];
      await text(incoming);
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

test.each([
  ['one connection', true],
  ['a new connection each', false],
])(
  'a cloud that stops: of requests that come one after the other, on %s, none is lost',
  async (_on, keepAlive) => {
    await using cloud = await TestCloud.start();
    const agents = Array.from({ length: 20 }, () => new Agent({ keepAlive, maxSockets: 1 }));
    const ends = agents.map(async (agent) => askUntilItEnds(`${cloud.url}/healthz`, agent));
    await sleep(100);
    await cloud.down();
    // Refused before anything was asked: to ask elsewhere, or again, does no harm.
    expect(await Promise.all(ends)).toEqual(agents.map(() => 'ECONNREFUSED'));
  },
);

test('a cloud that stops: a request that was on its way is answered', async () => {
  await using cloud = await TestCloud.start();
  const socket = connect(cloud.port, '127.0.0.1');
  const ask = () => socket.write(`GET /healthz HTTP/1.1\r\nHost: ${new URL(cloud.url).host}\r\n\r\n`);
  ask();
  await once(socket, 'data');
  const stopped = cloud.down();
  await sleep(60);
  const ended = text(socket);
  ask();
  expect(await ended).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n.*"ok"/s);
  await stopped;
});

test('a cloud that stops: connections that nobody uses do not hold it up', async () => {
  await using cloud = await TestCloud.start();
  const silent = connect(cloud.port, '127.0.0.1');
  await once(silent, 'connect');
  const startedAt = performance.now();
  await cloud.down();
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  silent.destroy();
});
