// Whoever asks and asks on one connection and reads nothing (row 37).

import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectionLimits } from '../src/http/connection-limits.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

/** More than fits into the buffers of a connection. */
const assetBytes = 32 * 2 ** 20;

let cloud: TestCloud;
let instance: TestInstance;
let asset: string;

beforeEach(async () => {
  cloud = await TestCloud.start();
  instance = await TestInstance.start(cloud);
  asset = join(instance.config.webApp, 'assets', 'large-abc123.js');
  await writeFile(asset, '');
  await truncate(asset, assetBytes);
});

afterEach(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

/** How often the asset is open in this process, which the instance runs in. Linux tells. */
function openAssets(): number {
  return readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === asset;
    } catch {
      return false;
    }
  }).length;
}

/** Asks for the asset so many times, and reads nothing. */
async function ask(times: number, further = ''): Promise<Socket> {
  const { host, port } = new URL(instance.url);
  const socket = connect({ host: '127.0.0.1', port: Number(port) }).on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET /assets/large-abc123.js HTTP/1.1\r\nHost: ${host}\r\n${further}\r\n`.repeat(times));
  return socket;
}

test.runIf(process.platform === 'linux')(
  'row 37: of answers that nobody reads one file is open on each connection, and closed with it',
  async () => {
    const { answersPerConnection } = connectionLimits;
    const sockets = await Promise.all(Array.from({ length: 20 }, async () => ask(answersPerConnection)));
    await vi.waitFor(() => expect(openAssets()).toBe(20), { timeout: 5_000 });
    await sleep(200);
    expect(openAssets()).toBe(20);
    for (const socket of sockets) socket.destroy();
    await vi.waitFor(() => expect(openAssets()).toBe(0), { timeout: 5_000 });
  },
);

test.runIf(process.platform === 'linux').each(['', 'Expect: something\r\n'])(
  'row 37: a connection on which more is asked than is answered is cut, and others are served (%j)',
  async (further) => {
    const sockets = await Promise.all(Array.from({ length: 20 }, async () => ask(3_000, further)));
    await Promise.all(
      sockets.map(async (socket) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        socket.resume().once('close', resolve);
        await promise;
      }),
    );
    await vi.waitFor(() => expect(openAssets()).toBe(0), { timeout: 5_000 });
    expect((await fetch(`${instance.url}/healthz`)).status).toBe(200);
  },
);

test('files that are asked for in one go arrive one after the other', async () => {
  await writeFile(asset, 'const answer = 42;');
  const socket = await ask(connectionLimits.answersPerConnection);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.resume();
  await vi.waitFor(() => expect(text.split('const answer = 42;')).toHaveLength(5));
  socket.destroy();
});
