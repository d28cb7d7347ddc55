import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { TestCloud } from './test-cloud.ts';
import { rawRequest, TestInstance } from './test-instance.ts';

const allowed = 'https://launcher.example.com';
const body = '{"query":"{ instance { state } }"}';

/** Values of `Origin` that are nobody's, or only resemble an allowed one, at whichever instance. */
const hostile = [
  ...['null', 'NULL', '"null"', '*', '', ' ', 'undefined', 'about:blank', 'file://', 'data:', 'blob:null'],
  ...['https://evil.test', 'https://launcher.example.com.evil.test', 'https://evil-launcher.example.com'],
  ...[
    'https://evillauncher.example.com',
    'https://launcher.example.comevil.test',
    'https://x.launcher.example.com',
  ],
  ...[
    'https://launcher.example.co',
    'https://example.com',
    'https://launcher-example.com',
    'https://launcherxexample.com',
  ],
  ...[
    'http://launcher.example.com',
    'ws://launcher.example.com',
    'wss://launcher.example.com',
    'ftp://launcher.example.com',
  ],
  ...[
    'HTTPS://launcher.example.com',
    'https://LAUNCHER.example.com',
    'https://launcher.example.COM',
    'hTtPs://launcher.example.com',
  ],
  ...[
    'https://launcher.example.com:443',
    'https://launcher.example.com:444',
    'https://launcher.example.com:',
    'https://launcher.example.com:0443',
  ],
  ...[
    'https://launcher.example.com/',
    'https://launcher.example.com/path',
    'https://launcher.example.com?',
    'https://launcher.example.com#',
  ],
  ...[
    'https://launcher.example.com.',
    'https://.launcher.example.com',
    'https://launcher..example.com',
    'https:launcher.example.com',
  ],
  ...[
    'https://user@launcher.example.com',
    'https://launcher.example.com@evil.test',
    'https://launcher.example.com:x@evil.test',
  ],
  ...[
    'https://evil.test/https://launcher.example.com',
    'https://evil.test#launcher.example.com',
    'https://evil.test\\launcher.example.com',
  ],
  ...[
    'https://launcher.example.com, https://evil.test',
    'https://evil.test https://launcher.example.com',
    `${allowed} ${allowed}`,
  ],
  ...[
    'https://launcher.example.com%00.evil.test',
    'https://launcher.example.com%2eevil.test',
    'https://launcher%2eexample.com',
  ],
  ...[
    'https://lаuncher.example.com',
    'https://launcher．example.com',
    'https://launcher。example.com',
    'https://ｌauncher.example.com',
  ],
  ...[
    'https://launcher.example.com\u00ad',
    'https://launcher.example.com\u200b',
    'https://xn--luncher-5nf.example.com',
  ],
  ...[
    '//launcher.example.com',
    'launcher.example.com',
    '*.example.com',
    'https://*.example.com',
    'https://*',
    'https://',
  ],
  ...[
    'chrome-extension://launcher.example.com',
    'moz-extension://1',
    'app://launcher',
    'javascript://launcher.example.com',
  ],
  ...[
    'http://localhost.evil.test',
    'http://127.0.0.1.evil.test:8080',
    'http://localhost@evil.test',
    'http://evil.test#localhost',
  ],
  ...[
    'http://127.1',
    'http://127.1:8080',
    'http://2130706433',
    'http://0x7f000001',
    'http://0177.0.0.1',
    'http://0.0.0.0:8080',
  ],
  ...[
    'http://[::ffff:127.0.0.1]',
    'http://[::]:8080',
    'http://[0:0:0:0:0:0:0:1]',
    'http://192.168.0.1',
    'http://10.0.0.1:8080',
  ],
  ...[
    'https://localhost:8080',
    'https://127.0.0.1:8080',
    'http://LOCALHOST',
    'http://localhost.',
    'http://localhost:80',
    'http://localhost:',
  ],
];

/** What loopback instances allow and others do not. */
const loopback = ['http://localhost:5173', 'http://127.0.0.1:9000', 'http://[::1]:8000', 'http://localhost'];

const requests: [method: string, path: string, headers: [string, string][]][] = [
  ['POST', '/graphql', [['Content-Type', 'application/json']]],
  ['POST', '/graphql', [['Content-Type', 'text/plain']]],
  ['GET', '/graphql?query={instance{state}}', []],
  ['GET', '/healthz', []],
  ['GET', '/.well-known/oauth-protected-resource', []],
  ...['/graphql', '/healthz', '/.well-known/oauth-protected-resource'].map(
    (path): [string, string, [string, string][]] => [
      'OPTIONS',
      path,
      [
        ['Access-Control-Request-Method', path === '/graphql' ? 'POST' : 'GET'],
        ['Access-Control-Request-Headers', 'authorization,content-type,dpop'],
        ['Access-Control-Request-Private-Network', 'true'],
      ],
    ],
  ),
];

let cloud: TestCloud;
let local: TestInstance;
let published: TestInstance;

beforeAll(async () => {
  cloud = await TestCloud.start();
  local = await TestInstance.start(cloud, { allowedOrigins: [allowed] });
  published = await TestInstance.start(cloud, {
    listen: { host: '127.0.0.1', port: await freePort() },
    allowedOrigins: [allowed],
    reach: { publicUrl: 'https://lab.example.com' },
  });
});
afterAll(async () => {
  await local[Symbol.asyncDispose]();
  await published[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

async function ask(
  { url }: TestInstance,
  [method, path, headers]: (typeof requests)[number],
  origins: readonly string[],
) {
  return rawRequest(url, {
    method,
    path,
    headers: [
      ['Host', new URL(url).host],
      // As bytes of UTF-8, which is what would be on the wire.
      ...origins.map((origin): [string, string] => ['Origin', Buffer.from(origin).toString('latin1')]),
      ...headers,
      ...(method === 'POST' ? ([['Content-Length', String(body.length)]] as [string, string][]) : []),
    ],
    body: method === 'POST' ? body : '',
  });
}

/** What answers say that let a page in, or that tell it something. */
async function weaknesses(instance: TestInstance, origins: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const request of requests) {
    const { status, headers, text } = await ask(instance, request, origins);
    const granted = Object.keys(headers).filter((name) => name.startsWith('access-control-'));
    if (granted.length > 0 || ![400, 403].includes(status) || /UNCLAIMED|UNREGISTERED/.test(text))
      found.push(`${request[0]} ${request[1]}: ${status} ${granted.join(', ')}`);
  }
  return found;
}

describe('row 34: whoever is not allowed by exactly its origin gets nothing, and no credentials', () => {
  test('an allowed page is let in by each of the requests that others are refused', async () => {
    for (const instance of [local, published])
      for (const request of requests) {
        const { headers } = await ask(instance, request, [allowed]);
        expect(headers['access-control-allow-origin'], request.join(' ')).toBe(allowed);
        expect(headers).not.toHaveProperty('access-control-allow-credentials');
        expect(headers).not.toHaveProperty('access-control-allow-private-network');
      }
  });

  test.each(hostile)('%j', async (origin) => {
    expect(await weaknesses(local, [origin])).toEqual([]);
    expect(await weaknesses(published, [origin])).toEqual([]);
  });

  test.each(loopback)('%s, at an instance that is published', async (origin) => {
    expect(await weaknesses(published, [origin])).toEqual([]);
  });

  test('two of them, an allowed one among them', async () => {
    for (const origins of [
      [allowed, 'https://evil.test'],
      ['https://evil.test', allowed],
      [allowed, allowed],
      ['null', allowed],
    ])
      expect(await weaknesses(local, origins), origins.join(' ')).toEqual([]);
  });
});
