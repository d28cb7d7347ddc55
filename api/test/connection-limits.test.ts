import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectionLimits } from '../src/http/connection-limits.ts';
import { createHttpServer } from '../src/http-server.ts';
import { selfSigned } from '../src/tls/self-signed.ts';
import { ServerCertificate } from '../src/tls/server-certificate.ts';
import { freePort } from './free-port.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

/** The limits in a hundredth of their time, so that nobody waits for them. */
const hurried = {
  ...connectionLimits,
  headersTimeout: 100,
  requestTimeout: 300,
  keepAliveTimeout: 650,
  silenceTimeout: 1_200,
  connectionsCheckingInterval: 10,
  maxConnections: 5,
  networkShares: [5],
  scarceConnections: 5,
};

async function startServer({
  limits = hurried,
  certificate = undefined as ServerCertificate | undefined,
} = {}) {
  const server = createHttpServer(
    (incoming, outgoing) => {
      incoming.resume();
      if (incoming.url === '/stuck') {
        // More than fits into the buffers between the two.
        outgoing.write(Buffer.alloc(64 * 2 ** 20));
      } else if (incoming.url === '/slow') {
        outgoing.write('begun');
      } else {
        incoming.once('end', () => outgoing.end('done'));
      }
    },
    // By addresses of this machine, which are not limited otherwise.
    ({ remoteAddress = '' }) => [remoteAddress, ...(remoteAddress.startsWith('127.1.') ? ['127.1/16'] : [])],
    certificate,
    limits,
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    take: (socket: Socket) => server.emit('connection', socket),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What the server answers until it closes the connection, and after how many milliseconds it does. */
async function untilClosed(socket: Socket): Promise<{ text: string; after: number }> {
  const startedAt = performance.now();
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await closeOf(socket);
  return { text, after: performance.now() - startedAt };
}

/** However it ends. */
async function closeOf(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
}

/** Sends a byte of `text` every 20 milliseconds, for as long as the server listens. */
async function drip(socket: Socket, text: string): Promise<void> {
  for (const character of text) {
    if (socket.destroyed) return;
    socket.write(character);
    await sleep(20);
  }
}

describe('row 37: connections that take their time', () => {
  test('a head that drips in is cut', async () => {
    await using server = await startServer();
    const socket = connect(server.port, '127.0.0.1');
    const closed = untilClosed(socket);
    await drip(socket, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(200)}`);
    const { text, after } = await closed;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(after).toBeGreaterThanOrEqual(90);
    expect(after).toBeLessThan(1_000);
  });

  test('so is a body', async () => {
    await using server = await startServer();
    const socket = connect(server.port, '127.0.0.1');
    const closed = untilClosed(socket);
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
    await drip(socket, 'x'.repeat(200));
    const { text, after } = await closed;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(after).toBeGreaterThanOrEqual(290);
    expect(after).toBeLessThan(2_000);
  });

  test('a connection that says nothing is closed', async () => {
    await using server = await startServer();
    const { text, after } = await untilClosed(connect(server.port, '127.0.0.1'));
    expect(text).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(after).toBeLessThan(2_500);
  });

  test('one that is kept for a next request is kept for so long only', async () => {
    await using server = await startServer();
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const { text, after } = await untilClosed(socket);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(after).toBeGreaterThanOrEqual(600);
    expect(after).toBeLessThan(4_000);
  });

  test('somebody who does not read the answer is left', async () => {
    await using server = await startServer();
    const socket = connect(server.port, '127.0.0.1').pause();
    const closed = closeOf(socket);
    socket.write('GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n');
    // Node.js looks a second time whether a byte went out meanwhile.
    await sleep(2.5 * hurried.silenceTimeout);
    let received = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    socket.resume();
    await closed;
    expect(received).toBeLessThan(64 * 2 ** 20);
  });

  test.each([
    ['plain HTTP', async () => undefined],
    ['TLS', selfSignedCertificate],
  ])(
    'nobody has more than half a minute for a request over %s, or two of silence',
    async (_transport, open) => {
      const certificate = await open();
      const { headersTimeout, requestTimeout, keepAliveTimeout, timeout } = createHttpServer(
        () => undefined,
        () => [],
        certificate,
      );
      certificate?.[Symbol.dispose]();
      expect({ headersTimeout, requestTimeout, keepAliveTimeout, timeout }).toEqual({
        headersTimeout: 10_000,
        requestTimeout: 30_000,
        keepAliveTimeout: 65_000,
        timeout: 120_000,
      });
    },
  );

  test('more of them than there may be are closed at once', async () => {
    await using server = await startServer();
    const held = Array.from({ length: hurried.maxConnections }, () => connect(server.port, '127.0.0.1'));
    await Promise.all(held.map(async (socket) => once(socket, 'connect')));
    const { text, after } = await untilClosed(connect(server.port, '127.0.0.1'));
    expect(text).toBe('');
    expect(after).toBeLessThan(90);
    for (const socket of held) socket.destroy();
  });
});

/** Ten at most, five of one network and seven of a wide one, and idle ones make room from eight on. */
const shared = {
  ...connectionLimits,
  ...{ maxConnections: 10, networkShares: [5, 7], scarceConnections: 8 },
};

describe.each([
  ['over plain HTTP', undefined],
  ['over TLS', selfSignedCertificate],
])('row 37: connections of one network, %s', (_transport, openCertificate) => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let certificate: ServerCertificate | undefined;
  let sockets: Socket[];

  beforeEach(async () => {
    certificate = await openCertificate?.();
    server = await startServer({ limits: shared, certificate });
    sockets = [];
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await server[Symbol.asyncDispose]();
    certificate?.[Symbol.dispose]();
  });

  /** Connects from an address of this machine. */
  const open = (localAddress: string) =>
    speakOn(connect({ port: server.port, host: '127.0.0.1', localAddress }));

  function speakOn(plain: Socket): Socket {
    const socket = certificate ? connectSecurely({ socket: plain, rejectUnauthorized: false }) : plain;
    for (const each of [plain, socket]) each.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  /** Sends a request for `path`. @returns the connection, once an answer has begun; undefined if there is none */
  async function askOn(socket: Socket, path: string): Promise<Socket | undefined> {
    const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
    socket.once('data', () => resolve(socket));
    socket.once('close', () => resolve(undefined));
    if (socket.destroyed) return undefined;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return promise;
  }

  const ask = async (path: string, localAddress: string) => askOn(open(localAddress), path);

  async function askTimes(
    count: number,
    path: string,
    localAddress: string,
  ): Promise<(Socket | undefined)[]> {
    const all: (Socket | undefined)[] = [];
    for (let time = 0; time < count; time += 1) all.push(await ask(path, localAddress));
    return all;
  }

  const openOf = (connections: (Socket | undefined)[]) =>
    connections.map((socket) => socket !== undefined && !socket.destroyed);

  test('whoever has requests under way on all of their share gets no more, and others do', async () => {
    expect(openOf(await askTimes(6, '/slow', '127.0.0.2'))).toEqual([true, true, true, true, true, false]);
    expect(await ask('/', '127.0.0.3')).toBeDefined();
  });

  test('of the share of one network, whichever has been idle for longest makes room', async () => {
    const first = await askTimes(5, '/', '127.0.0.2');
    first[0]?.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(first[0] as Socket, 'data');
    expect(await ask('/', '127.0.0.2')).toBeDefined();
    await vi.waitFor(() => expect(openOf(first)).toEqual([true, false, true, true, true]));
  });

  test('when connections are scarce, an idle one of whoever has most makes room', async () => {
    const [few, many] = [await askTimes(3, '/', '127.0.0.2'), await askTimes(5, '/', '127.0.0.3')];
    const busy = await askTimes(4, '/slow', '127.0.0.4');
    expect(openOf(busy)).toEqual([true, true, true, true]);
    await vi.waitFor(() => {
      expect(openOf(few).filter(Boolean).length).toBeGreaterThanOrEqual(2);
      expect(openOf(many).filter(Boolean).length).toBeLessThanOrEqual(2);
    });
  });

  test('whoever has many networks within a wide one has the share of the wide one', async () => {
    const owner = await Promise.all(
      ['127.1.0.1', '127.1.1.1', '127.1.2.1', '127.1.3.1'].map(async (address) => ask('/slow', address)),
    );
    expect(openOf(owner)).toEqual([true, true, true, true]);
    expect(openOf(await askTimes(4, '/slow', '127.1.4.1'))).toEqual([true, true, true, false]);
    expect(await ask('/slow', '127.0.0.2')).toBeDefined();
  });

  test('idle ones of a wide network make room for it, and are the first to make room for others', async () => {
    const addresses = Array.from({ length: 8 }, (_, index) => `127.1.${index}.1`);
    const wide: (Socket | undefined)[] = [];
    for (const address of addresses) wide.push(await ask('/', address));
    await vi.waitFor(() => expect(openOf(wide)).toEqual([false, ...Array(7).fill(true)]));
    const other = await askTimes(3, '/', '127.0.0.2');
    await vi.waitFor(() => expect(openOf(wide).filter(Boolean)).toHaveLength(5));
    expect(openOf(other)).toEqual([true, true, true]);
  });

  test('a few networks together, however busy, keep no other out', async () => {
    const crowd: (Socket | undefined)[] = [];
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4'])
      crowd.push(...(await askTimes(5, '/slow', address)));
    const others = await askTimes(2, '/slow', '127.0.0.5');
    for (const address of ['127.0.0.2', '127.0.0.3']) crowd.push(...(await askTimes(5, '/slow', address)));
    await vi.waitFor(() => expect(openOf(crowd).filter(Boolean)).toHaveLength(6));
    expect(openOf(others)).toEqual([true, true]);
  });

  test('nor do they when they are busy on all of theirs at once', async () => {
    const crowd = [...(await askTimes(4, '/', '127.0.0.2')), ...(await askTimes(4, '/', '127.0.0.3'))];
    await Promise.all(crowd.map(async (socket) => socket && askOn(socket, '/slow')));
    const others = await askTimes(2, '/slow', '127.0.0.4');
    await vi.waitFor(() => expect(openOf(crowd).filter(Boolean)).toHaveLength(6));
    expect(openOf(others)).toEqual([true, true]);
  });

  test('nor do they by connections on which they ask nothing, although others take a moment to ask', async () => {
    await askTimes(4, '/slow', '127.0.0.2');
    await askTimes(4, '/slow', '127.0.0.3');
    const other = open('127.0.0.4');
    await once(other, certificate ? 'secureConnect' : 'connect');
    const silent = ['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3'].map(open);
    await Promise.race(silent.map(closeOf));
    expect(await askOn(other, '/slow')).toBeDefined();
  });

  test('two from one port of a peer to two addresses of the server are not mistaken for each other', async () => {
    await using elsewhere = createServer((socket) => server.take(socket));
    await once(elsewhere.listen(server.port, '127.0.0.2'), 'listening');
    const from = { port: server.port, localAddress: '127.0.0.9', localPort: await freePort() };
    const [first, second] = ['127.0.0.1', '127.0.0.2'].map((host) => connect({ ...from, host }));
    if (!first || !second) throw new Error('There are two of them.');
    sockets.push(second.resume().on('error', () => undefined));
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    const busy = await askOn(speakOn(first), '/slow');
    await askTimes(4, '/slow', '127.0.0.9');
    await vi.waitFor(() => expect(second.destroyed).toBe(true));
    expect(busy?.destroyed).toBe(false);
  });

  test('a connection that was closed leaves its place', async () => {
    for (const socket of await askTimes(5, '/slow', '127.0.0.2')) socket?.destroy();
    await vi.waitFor(async () => expect(await ask('/slow', '127.0.0.2')).toBeDefined());
  });
});

async function selfSignedCertificate(): Promise<ServerCertificate> {
  const names = { required: ['127.0.0.1'], present: [] };
  let kept: string | undefined;
  const store = {
    read: () => kept,
    save: async (pem: string) => {
      kept = pem;
    },
  };
  return ServerCertificate.open(selfSigned({ store, names, now: Date.now }));
}

describe('an instance', () => {
  test('cuts a slow head, large ones and those of many headers', { timeout: 30_000 }, async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    const { host, port } = new URL(instance.url);
    const send = async (head: string) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(head);
      return untilClosed(socket);
    };
    const start = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`;
    const [slow, large, many, fine] = await Promise.all([
      send(start),
      send(`${start}X: ${'x'.repeat(20_000)}\r\n\r\n`),
      // The parser would drop the last ones, and with them a second Host.
      send(`${start}${'A: b\r\n'.repeat(1_500)}Host: evil.test\r\n\r\n`),
      send(`${start}${'A: b\r\n'.repeat(90)}\r\n`),
    ]);
    expect(slow.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(slow.after).toBeGreaterThan(9_900);
    expect(slow.after).toBeLessThan(13_000);
    expect(large.text).toMatch(/^HTTP\/1\.1 431 /);
    expect(many.text).toMatch(/^HTTP\/1\.1 (400|431) /);
    expect(fine.text).toMatch(/^HTTP\/1\.1 200 /);
  });
});
