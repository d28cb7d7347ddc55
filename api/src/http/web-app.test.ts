import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sendBytes } from '../../test/raw-socket.ts';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { createWebApp } from './web-app.ts';

let resources: AsyncDisposableStack;
let directory: string;

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  directory = resources.use(await temporaryDirectory()).path;
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), 'a page');
  await writeFile(join(directory, 'assets', 'main-abc.js'), 'export {};');
});
afterEach(async () => resources.disposeAsync());

/** @returns the origin */
async function listen(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  resources.defer(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** As the instance does: 404 if the web app has nothing there, 500 where it fails. */
async function serve(webApp: string): Promise<string> {
  const answer = createWebApp(webApp);
  return listen((incoming, outgoing) => {
    answer(incoming, outgoing, incoming.url ?? '').then(
      (isThere) => isThere || outgoing.writeHead(404).end(),
      () => outgoing.writeHead(500).end(),
    );
  });
}

describe('a built web app', () => {
  test('says the type and the length of a file, to HEAD as well', async () => {
    const url = await serve(directory);
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${url}/assets/main-abc.js`, { method });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/javascript/);
      expect(response.headers.get('content-length')).toBe('10');
      expect(await response.text()).toBe(method === 'GET' ? 'export {};' : '');
    }
  });

  test('sends a page again only when it has changed', async () => {
    const url = await serve(directory);
    const first = await fetch(url);
    // With a word on caches of its own, fetch adds none that would ask for all of it.
    const headers = { 'if-none-match': first.headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
    const second = await fetch(url, { headers });
    expect(second.status).toBe(304);
    expect(second.headers.get('cache-control')).toBe('no-cache');
    await writeFile(join(directory, 'index.html'), 'another page');
    const third = await fetch(url, { headers });
    expect(third.status).toBe(200);
    expect(await third.text()).toBe('another page');
  });

  test('sends parts', async () => {
    const url = `${await serve(directory)}/assets/main-abc.js`;
    const part = await fetch(url, { headers: { range: 'bytes=0-5' } });
    expect(part.status).toBe(206);
    expect(await part.text()).toBe('export');
  });

  test('says which parts there are to who asks for others, and lets nobody keep that', async () => {
    const beyond = await fetch(`${await serve(directory)}/assets/main-abc.js`, {
      headers: { range: 'bytes=100-' },
    });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe('bytes */10');
    expect(beyond.headers.get('cache-control')).toBeNull();
  });

  test('misses a file that has gone, and a folder, without an end of its own', async () => {
    const url = await serve(directory);
    await rm(join(directory, 'assets', 'main-abc.js'));
    for (const path of [
      '/assets/main-abc.js',
      '/assets/',
      '/assets',
      '/assets/.hidden',
      '/assets/%',
      '/assets/%00',
    ])
      expect((await fetch(`${url}${path}`)).status, path).toBe(404);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('a built web app', () => {
  test.each([
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/index.html',
    '/assets/./main-abc.js',
  ])('hands nothing out by the detour %s', async (path) => {
    const { host, port } = new URL(await serve(directory));
    const answer = await sendBytes(
      Number(port),
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('a development server', () => {
  test('is asked for modules by name and for its entry where there is a page, without credentials', async () => {
    const asked: unknown[] = [];
    const developed = await listen(({ url, headers: { host, authorization, accept } }, outgoing) => {
      asked.push({ url, host, authorization, accept });
      outgoing.writeHead(200, { 'Content-Type': 'text/javascript' }).end(url);
    });
    const url = await serve(developed);
    const headers = { authorization: 'DPoP x', accept: '*/*' };
    const response = await fetch(`${url}/src/main.tsx?t=1`, { headers });
    expect(response.headers.get('content-type')).toBe('text/javascript');
    expect(await response.text()).toBe('/src/main.tsx?t=1');
    expect(await (await fetch(`${url}/audit`, { headers: { accept: 'text/html' } })).text()).toBe(
      '/index.html',
    );
    const { host } = new URL(developed);
    expect(asked).toEqual([
      { url: '/src/main.tsx?t=1', host, authorization: undefined, accept: '*/*' },
      { url: '/index.html', host, authorization: undefined, accept: 'text/html' },
    ]);
    expect((await fetch(`${url}/nowhere`, { headers: { accept: 'text/html' } })).status).toBe(404);
  });

  test('that is off is a failure', async () => {
    const url = await serve('http://127.0.0.1:1');
    expect((await fetch(url)).status).toBe(500);
  });
});
