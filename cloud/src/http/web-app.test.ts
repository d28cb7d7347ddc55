import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCloud } from '../../test/test-cloud.ts';

let vite: Server;
let seen: IncomingMessage[] = [];
let cloud: TestCloud;

beforeAll(async () => {
  vite = createServer((incoming, outgoing) => {
    seen.push(incoming);
    outgoing.setHeader('content-type', 'text/javascript');
    outgoing.end(`served ${incoming.url}`);
  }).listen(0, '127.0.0.1');
  await once(vite, 'listening');
  const webApp = `http://127.0.0.1:${(vite.address() as AddressInfo).port}`;
  cloud = await TestCloud.start({}, { webApp });
});

afterAll(async () => {
  await cloud[Symbol.asyncDispose]();
  vite.close();
  vite.closeAllConnections();
});

test('a development server is asked for pages and modules under its own name', async () => {
  seen = [];
  const page = await cloud.get('/device', { headers: { accept: 'text/html' } });
  expect(await page.text()).toBe('served /account.html');
  const module = await cloud.get('/src/account.tsx?t=1', { headers: { accept: '*/*' } });
  expect(await module.text()).toBe('served /src/account.tsx?t=1');
  expect(seen.map(({ headers }) => headers.host)).toEqual(
    [cloud.config.webApp, cloud.config.webApp].map((url) => new URL(url).host),
  );
});

test('it is not asked for what the cloud answers itself, nor for pages that do not exist', async () => {
  seen = [];
  expect((await cloud.get('/healthz')).status).toBe(200);
  expect((await cloud.get('/api/nowhere')).status).toBe(404);
  expect((await cloud.get('/token')).status).toBe(405);
  expect((await cloud.get('/nowhere', { headers: { accept: 'text/html' } })).status).toBe(404);
  expect(seen).toEqual([]);
});

test('its pages may run inline scripts, as hot reload needs, and still not be framed', async () => {
  const { headers } = await cloud.get('/device');
  expect(headers.get('content-security-policy')).toContain("script-src 'self' 'unsafe-inline'");
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});
