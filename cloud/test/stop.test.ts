import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
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

test('a cloud that stops: connections that nobody uses do not hold it up', async () => {
  await using cloud = await TestCloud.start();
  const silent = connect(cloud.port, '127.0.0.1');
  await once(silent, 'connect');
  const startedAt = performance.now();
  await cloud.down();
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  silent.destroy();
});
