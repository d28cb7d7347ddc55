import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { UnfinishedRequests } from '../src/http/unfinished-requests.ts';
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
