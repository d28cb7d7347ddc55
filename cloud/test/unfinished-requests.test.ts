import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { noteClientAddress } from '../src/http/client-address.ts';
import { trustedProxies } from '../src/http/trusted-proxies.ts';
import { UnfinishedRequests, type UnfinishedRequestsOptions } from '../src/http/unfinished-requests.ts';
import { createHttpServer } from '../src/http-server.ts';
import { listen } from '../src/listeners.ts';
import { TestCloud } from './test-cloud.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A connection that has sent `text`. A connection that is cut is no error. */
async function connection(port: number, text: string, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const open = (sockets: readonly Socket[]) => sockets.filter(({ closed }) => !closed).length;

test('row 62: of requests that one subscriber never ends, so many stay; a proxy goes on serving others', async () => {
  await using cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
  const { host } = new URL(cloud.url);
  const begin = async (client: string) =>
    connection(
      cloud.port,
      `POST /token HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-For: ${client}\r\nConnection: close\r\n` +
        'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\nclient_',
    );
  const honest = await begin('192.0.2.1');
  let answer = '';
  honest.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const flood: Socket[] = [];
  for (let index = 0; index < 1_100; index += 1) {
    flood.push(await begin(`2001:db8:0:${(index % 256).toString(16)}::1`));
  }
  await vi.waitFor(() => expect(open(flood)).toBe(999), { timeout: 10_000 });
  honest.write('id=x&');
  await once(honest, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  // Whose request is whole is not among them: there is a place again.
  const another = await begin('2001:db8:0:1::1');
  await sleep(100);
  expect([open(flood), open([another])]).toEqual([999, 1]);
  for (const socket of [...flood, another]) socket.destroy();
});

/** A server to which each address of this machine is a network, and which knows three unfinished requests. */
async function smallServer() {
  const unfinished = new UnfinishedRequests({
    maximum: 3,
    peerNetworksOf: ({ remoteAddress = '' }) => [remoteAddress],
  });
  return listen(
    () =>
      createHttpServer((incoming, outgoing) => {
        unfinished.noteRequest(incoming, outgoing);
        if (incoming.url !== '/waits') outgoing.end();
      }, unfinished),
    { host: '127.0.0.1', port: 0 },
  );
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test('row 62: of connections without a request so many stay, and another network gets a place of the largest', async () => {
  await using server = await smallServer();
  const many: Socket[] = [];
  for (let count = 0; count < 3; count += 1)
    many.push(await connection(server.port, 'GET / HT', '127.0.0.2'));
  await sleep(50);
  expect(open(many)).toBe(3);
  const other = await connection(server.port, '', '127.0.0.3');
  await sleep(50);
  expect(many.map(({ closed }) => closed)).toEqual([false, false, true]);
  const next = await connection(server.port, '', '127.0.0.2');
  await sleep(50);
  expect([open([next]), open([other])]).toEqual([0, 1]);
  for (const socket of [...many, other]) socket.destroy();
});

test('row 62: who waits for an answer takes no place, and has one again after it', async () => {
  await using server = await smallServer();
  const waiting: Socket[] = [];
  for (let count = 0; count < 5; count += 1) waiting.push(await connection(server.port, get('/waits')));
  const kept: Socket[] = [];
  for (let count = 0; count < 4; count += 1) {
    kept.push(await connection(server.port, get('/')));
    await sleep(50);
  }
  expect([open(waiting), open(kept)]).toEqual([5, 3]);
  for (const socket of [...waiting, ...kept]) socket.destroy();
});

test('row 62: who ends a request after its answer has come takes a place until the next request', async () => {
  await using server = await smallServer();
  const kept: Socket[] = [];
  for (let count = 0; count < 4; count += 1) {
    const socket = await connection(server.port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n');
    kept.push(socket);
    await sleep(50);
    socket.write('hello');
    await sleep(50);
  }
  expect(open(kept)).toBe(3);
  for (const socket of kept) socket.destroy();
});

/** More than systems keep for a reader that takes nothing. */
const large = Buffer.alloc(8_000_000, 'x');

/** What `proxyServer` answers. */
const answers: Readonly<Record<string, RequestListener>> = {
  '/': (_incoming, outgoing) => outgoing.end('hello'),
  '/whole': (_incoming, outgoing) => outgoing.end(large),
  '/in-parts': (_incoming, outgoing) => outgoing.write('hello'),
  '/waits': () => undefined,
  '/late-end': (_incoming, outgoing) => {
    outgoing.setHeader('Content-Length', 5);
    outgoing.write('hello');
    setTimeout(() => outgoing.end(), 200);
  },
};

/** A server to which this machine is a proxy, and the paths for which it was asked. */
async function proxyServer(options: Partial<UnfinishedRequestsOptions> = {}) {
  const proxies = trustedProxies(['127.0.0.0/8']);
  const unfinished = new UnfinishedRequests({ peerNetworksOf: () => undefined, ...options });
  const asked: string[] = [];
  let server: Server | undefined;
  const listeners = await listen(
    () =>
      (server = createHttpServer((incoming, outgoing) => {
        asked.push(incoming.url ?? '');
        noteClientAddress(incoming, proxies);
        unfinished.noteRequest(incoming, outgoing);
        answers[incoming.url ?? '']?.(incoming, outgoing);
      }, unfinished)),
    { host: '127.0.0.1', port: 0 },
  );
  const countOpen = async () =>
    new Promise<number>((resolve) => server?.getConnections((_error, count) => resolve(count)));
  return {
    port: listeners.port,
    asked,
    countOpen,
    [Symbol.asyncDispose]: async () => listeners[Symbol.asyncDispose](),
  };
}

const getFor = (client: string, path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${client}\r\n\r\n`;

/** A connection that has asked for something and takes nothing of the answer. */
async function stalledReader(port: number, text: string): Promise<Socket> {
  const socket = await connection(port, '');
  socket.pause();
  socket.write(text);
  return socket;
}

test('row 62: of answers to one client that have begun, 1,000 are under way, and others are served', async () => {
  await using server = await proxyServer();
  const waiting = await connection(server.port, getFor('192.0.2.9', '/waits'));
  const other = await connection(server.port, getFor('192.0.2.1', '/in-parts'));
  const flood: Socket[] = [];
  for (let count = 0; count < 1_500; count += 1)
    flood.push(await connection(server.port, getFor('192.0.2.9', '/in-parts')));
  // The one that waits for its answer is not among the 1,000.
  await vi.waitFor(async () => expect(await server.countOpen()).toBe(1_001), { timeout: 10_000 });
  expect([open(flood), open([waiting, other])]).toEqual([999, 2]);
  const third = await connection(server.port, getFor('192.0.2.2', '/'));
  const [chunk] = (await once(third, 'data')) as [Buffer];
  expect(chunk.toString()).toMatch(/^HTTP\/1\.1 200 /);
  for (const socket of [...flood, waiting, other, third]) socket.destroy();
});

test('row 62: an answer that nobody takes is under way until it is taken', async () => {
  await using server = await proxyServer({ maximum: 3 });
  const stalled: Socket[] = [];
  for (let count = 0; count < 5; count += 1)
    stalled.push(await stalledReader(server.port, getFor('192.0.2.9', '/whole')));
  await vi.waitFor(async () => expect(await server.countOpen()).toBe(3));
  for (const socket of stalled) socket.resume();
  await vi.waitFor(() => expect(stalled.filter(({ bytesRead }) => bytesRead > large.length)).toHaveLength(3));
  // Their places are free again.
  const more = await connection(server.port, getFor('192.0.2.9', '/in-parts'));
  await sleep(100);
  expect([open(stalled), open([more])]).toEqual([3, 1]);
  for (const socket of [...stalled, more]) socket.destroy();
});

test('row 62: who takes nothing of an answer for too long is cut, but not who waits for one or reads it slowly', async () => {
  await using server = await proxyServer({ readerTimeout: 300 });
  const waiting = await connection(server.port, getFor('192.0.2.1', '/waits'));
  const stalled = await stalledReader(server.port, getFor('192.0.2.1', '/whole'));
  await vi.waitFor(async () => expect(await server.countOpen()).toBe(1), { timeout: 5_000 });
  const slow = await stalledReader(server.port, getFor('192.0.2.1', '/whole'));
  let length = 0;
  slow.on('data', (chunk: Buffer) => {
    length += chunk.length;
    slow.pause();
    setTimeout(() => slow.resume(), 10);
  });
  slow.resume();
  await vi.waitFor(() => expect(length).toBeGreaterThan(large.length), { timeout: 30_000 });
  expect(waiting.closed).toBe(false);
  for (const socket of [waiting, stalled, slow]) socket.destroy();
});

test('row 62: a connection has one request under way, one that waits, and is closed with the next', async () => {
  await using server = await proxyServer();
  const flood = await connection(server.port, getFor('192.0.2.1', '/waits').repeat(2_000));
  await vi.waitFor(() => expect(flood.closed).toBe(true));
  expect(server.asked).toEqual(['/waits']);
});

test('row 62: a request that comes before Node has ended the answer before it is served, and may wait for its own', async () => {
  await using server = await proxyServer({ readerTimeout: 1_000 });
  const paths = ['/late-end', '/late-end', '/waits'];
  const socket = await connection(server.port, '');
  for (const path of paths) {
    socket.write(getFor('192.0.2.1', path));
    if (path === '/waits') continue;
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/hello$/);
  }
  await sleep(2_500);
  expect(server.asked).toEqual(paths);
  expect(socket.closed).toBe(false);
  socket.destroy();
});

test('row 62: those who take nothing of the same file share its bytes', async () => {
  await using cloud = await TestCloud.start();
  await writeFile(join(cloud.config.webApp, 'assets', 'large-abc123.js'), large);
  const { host } = new URL(cloud.url);
  const readAll = async () => (await cloud.get('/assets/large-abc123.js')).arrayBuffer();
  expect((await readAll()).byteLength).toBe(large.length);
  const before = process.memoryUsage().arrayBuffers;
  const readers: Socket[] = [];
  for (let count = 0; count < 300; count += 1) {
    const request = `GET /assets/large-abc123.js HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    readers.push(await stalledReader(cloud.port, request));
  }
  await sleep(500);
  // What the readers themselves have got lies in this process, too. Parts of their own would be 100 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
  for (const socket of readers) socket.destroy();
});

test('row 62: requests that are sent in one go and whose answers nobody takes fill no memory', async () => {
  await using cloud = await TestCloud.start();
  await writeFile(join(cloud.config.webApp, 'assets', 'large-abc123.js'), large);
  const { host } = new URL(cloud.url);
  const before = process.memoryUsage.rss();
  const request = `GET /assets/large-abc123.js HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const flood: Socket[] = [];
  for (let count = 0; count < 6; count += 1)
    flood.push(await stalledReader(cloud.port, request.repeat(3_000)));
  await sleep(500);
  const health = await cloud.get('/healthz', { signal: AbortSignal.timeout(5_000) });
  expect(health.status).toBe(200);
  expect(process.memoryUsage.rss() - before).toBeLessThan(300_000_000);
  for (const socket of flood) socket.destroy();
});

test('row 62: requests in one go that expect what nobody knows are closed as well', async () => {
  await using cloud = await TestCloud.start();
  const { host } = new URL(cloud.url);
  const request = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nExpect: something\r\n\r\n`;
  const socket = await connection(cloud.port, request.repeat(3_000));
  await vi.waitFor(() => expect(socket.closed).toBe(true), { timeout: 5_000 });
});
