import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionResult } from 'graphql';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AccessTokenClaims } from '../src/access/token-verification.ts';
import { systemClock } from '../src/clock.ts';
import { EventHub } from '../src/event-hub.ts';
import { heartbeatMilliseconds, type ResultStream } from '../src/http/event-stream.ts';
import { EventStreams } from '../src/http/event-streams.ts';
import { writeFailure } from '../src/http/failure.ts';

const claims: AccessTokenClaims = {
  ...{ grantId: undefined, iat: 0 },
  ...{
    sub: 'account-1',
    email: 'ann@example.test',
    name: 'Ann',
    workspace: 'workspace-1',
    workspaceName: '',
    role: 'owner',
  },
  ...{ clientId: 'holdfast-web', jkt: 'key-1', tokenHash: '', exp: Date.now() / 1_000 + 300 },
};

const limits = { perSession: 2, perAccount: 3, inAll: 6, reserve: 2 };

let server: Server;
let whose: Partial<AccessTokenClaims>;
let hub: EventHub<ExecutionResult>;
let isAllowed: boolean;
let streams: EventStreams;
let makeResults: () => ResultStream;
const failures: unknown[] = [];

beforeEach(async () => {
  hub = new EventHub();
  isAllowed = true;
  whose = {};
  failures.length = 0;
  makeResults = () => hub.subscribe();
  streams = new EventStreams(systemClock, () => isAllowed, limits);
  server = createServer((_incoming, outgoing) => {
    streams.send(makeResults(), outgoing, { ...claims, ...whose }).then(
      (failure) => failure && writeFailure(outgoing, failure),
      (error: unknown) => {
        failures.push(error);
        outgoing.destroy();
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  vi.useRealTimers();
  await streams[Symbol.asyncDispose]();
  server.close();
  server.closeAllConnections();
});

async function open(): Promise<IncomingMessage> {
  const outgoing = request({ port: (server.address() as AddressInfo).port, agent: false }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

async function restOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

/** Nothing of a stream is left: no listener, no place. */
async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(() => expect([hub.size, streams.size]).toEqual([0, 0]), { timeout: 5_000 });
}

test('a client that leaves is forgotten, although nothing happens that it could hear', async () => {
  const response = await open();
  expect(hub.size).toBe(1);
  response.destroy();
  await expectNothingLeft();
});

test('row 35: a client that never reads is cut off before much is kept for it', async () => {
  const response = await open();
  response.pause();
  const result = { data: { text: 'x'.repeat(1_000) } };
  const before = process.memoryUsage().arrayBuffers;
  let sent = 0;
  // The system's own buffers take some megabytes.
  while (hub.size > 0 && sent < 100_000) {
    hub.publish(result);
    sent += 1;
    await new Promise(setImmediate);
  }
  expect(hub.size).toBe(0);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  await expectNothingLeft();
});

test('a client that reads is not cut off, however much it reads', async () => {
  const response = await open();
  let received = '';
  response.on('data', (chunk) => {
    received += String(chunk);
  });
  for (let sent = 0; sent < 20_000; sent += 1) {
    hub.publish({ data: { text: 'x'.repeat(1_000) } });
    if (sent % 20 === 0) await new Promise(setImmediate);
  }
  await vi.waitFor(() => expect(received.match(/event: next/g)?.length).toBe(20_000), { timeout: 5_000 });
  expect(hub.size).toBe(1);
});

test('row 35: whose access has ended hears nothing more', async () => {
  const response = await open();
  isAllowed = false;
  hub.publish({ data: { secret: 1 } });
  const text = await restOf(response);
  expect(text).not.toContain('secret');
  expect(text).toContain('"code":"access_denied"');
  expect(text.endsWith('event: complete\ndata:\n\n')).toBe(true);
  await expectNothingLeft();
});

test('signs of life come while nothing happens, and end whose access has ended', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const response = await open();
  expect(String(await once(response, 'data'))).toBe(':\n\n');
  vi.advanceTimersByTime(heartbeatMilliseconds);
  expect(String(await once(response, 'data'))).toBe(':\n\n');
  isAllowed = false;
  vi.advanceTimersByTime(heartbeatMilliseconds);
  expect(await restOf(response)).toContain('"code":"access_denied"');
  expect(vi.getTimerCount()).toBe(0);
});

test('results that come to their end are complete', async () => {
  makeResults = async function* () {
    yield { data: { number: 1 } };
  };
  expect(await restOf(await open())).toBe(
    ':\n\nevent: next\ndata: {"data":{"number":1}}\n\nevent: complete\ndata:\n\n',
  );
});

test('results that fail end the line, without a proper end', async () => {
  makeResults = () => ({
    [Symbol.asyncIterator]: () => ({ next: async () => Promise.reject(new Error('out of order')) }),
  });
  await expect(restOf(await open())).rejects.toThrow('aborted');
  expect(failures).toMatchObject([{ message: 'out of order' }]);
  await expectNothingLeft();
});

test('row 35: beyond the limits nobody listens', async () => {
  const [first, second, third] = [await open(), await open(), await open()];
  expect([first, second, third].map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
  expect(hub.size).toBe(2);
  first.destroy();
  second.destroy();
  await expectNothingLeft();
});

test('row 35: an account has a few places, whatever its sessions, and the last ones are for who has few', async () => {
  const openAs = async (sub: string, jkt: string) => {
    whose = { sub, jkt };
    return (await open()).statusCode;
  };
  const statuses: (number | undefined)[] = [];
  for (const jkt of ['a', 'b', 'c', 'd']) statuses.push(await openAs('ann', jkt));
  expect(statuses).toEqual([200, 200, 200, 429]);
  expect([await openAs('bob', 'a'), await openAs('bob', 'b'), await openAs('bob', 'c')]).toEqual([
    200, 200, 503,
  ]);
  expect([await openAs('cy', 'a'), await openAs('dan', 'a')]).toEqual([200, 503]);
});

test('what comes after the end does no harm', async () => {
  const response = await open();
  const text = restOf(response);
  const stopped = streams[Symbol.asyncDispose]();
  for (let event = 0; event < 10; event += 1) hub.publish({ data: { event } });
  await stopped;
  expect((await text).endsWith('event: complete\ndata:\n\n')).toBe(true);
  expect(failures).toEqual([]);
});

test('while the instance stops, nobody begins to listen', async () => {
  await streams[Symbol.asyncDispose]();
  expect(await restOf(await open())).toContain('"code":"stopping"');
  await expectNothingLeft();
});
