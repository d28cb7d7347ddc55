import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listen } from '../src/listeners.ts';

const start = async (answer: RequestListener) =>
  listen(() => createServer(answer), { host: '127.0.0.1', port: 0 });

async function get(port: number): Promise<IncomingMessage> {
  const outgoing = request({ port, agent: false, headers: { connection: 'keep-alive' } });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return incoming;
}

async function milliseconds(work: PromiseLike<void>): Promise<number> {
  const from = performance.now();
  await work;
  return performance.now() - from;
}

test('closing lets an answer arrive whole that was handed over at once', async () => {
  const size = 20_000_000;
  const listeners = await start((_incoming, outgoing) => outgoing.end(Buffer.alloc(size)));
  const incoming = await get(listeners.port);
  // The reader takes its time, so that most of it waits at the server.
  await sleep(200);
  const closed = milliseconds(listeners[Symbol.asyncDispose]());
  await sleep(200);
  let length = 0;
  for await (const chunk of incoming) length += (chunk as Buffer).length;
  expect(length).toBe(size);
  expect(await closed).toBeLessThan(2_000);
});

test('closing answers what was asked in one go, and then ends the connection', async () => {
  const listeners = await start((_incoming, outgoing) => void setTimeout(() => outgoing.end('x'), 100));
  const socket = connect(listeners.port, '127.0.0.1');
  const ask = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  socket.write(ask + ask);
  await sleep(50);
  const closed = milliseconds(listeners[Symbol.asyncDispose]());
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
  expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(await closed).toBeLessThan(2_000);
});

test('closing cuts what never ends', async () => {
  const listeners = await start(() => undefined);
  const answered = get(listeners.port);
  await sleep(50);
  const closed = milliseconds(listeners[Symbol.asyncDispose]());
  await expect(answered).rejects.toThrow('hang up');
  expect(await closed).toBeLessThan(4_000);
});

test('closing is not kept up by whoever asks on and on', async () => {
  const listeners = await start(() => undefined);
  const ask = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
  const sockets = Array.from({ length: 60 }, () =>
    connect(listeners.port, '127.0.0.1').on('error', () => undefined),
  );
  for (const socket of sockets) socket.write(ask);
  await sleep(200);
  const closed = milliseconds(listeners[Symbol.asyncDispose]());
  for (const socket of sockets) socket.write(ask.repeat(1_000));
  expect(await closed).toBeLessThan(6_000);
}, 120_000);
