import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { rawRequest, rawStatus } from './raw-request.ts';
import {
  answerOf,
  company,
  type DeviceAuthorization,
  TestAccount,
  TestBrowser,
  TestInstance,
} from './test-clients.ts';
import { freePort, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let host: string;

beforeAll(async () => {
  cloud = await TestCloud.start();
  ({ host } = new URL(cloud.url));
});

afterAll(async () => cloud[Symbol.asyncDispose]());

const routes: [method: string, path: string][] = [
  ['GET', '/'],
  ['GET', '/device'],
  ['GET', '/assets/main-abc123.js'],
  ['GET', '/nowhere'],
  ['GET', '/healthz'],
  ['GET', '/.well-known/oauth-authorization-server'],
  ['GET', '/jwks'],
  ['POST', '/device/auth'],
  ['POST', '/token'],
  ['POST', '/token/revocation'],
  ['POST', '/token/introspection'],
  ['POST', '/reg'],
  ['GET', '/reg/x'],
  ['DELETE', '/reg/x'],
  ['OPTIONS', '/token'],
  ['POST', '/api/auth/sign-in/email'],
  ['GET', '/api/auth/get-session'],
  ['POST', '/api/device/lookup'],
  ['POST', '/api/device/approve'],
  ['GET', '/api/instance'],
  ['PUT', '/api/instance/owner'],
  ['GET', '/api/instances'],
];

describe('rows 4, 5: Host', () => {
  test.each(routes)('a foreign Host is refused at %s %s', async (method, path) => {
    const { status, text } = await rawRequest(cloud.port, {
      method,
      path,
      headers: [['Host', `evil.test:${cloud.port}`]],
    });
    expect(status).toBe(403);
    expect(JSON.parse(text)).toEqual({
      error: 'invalid_request',
      error_description: `This cloud answers only at ${cloud.url}. Open that address.`,
    });
  });

  test('a foreign one is refused, whatever the request expects besides', async () => {
    for (const expectation of ['100-continue', 'something else']) {
      const { status } = await rawRequest(cloud.port, {
        path: '/healthz',
        headers: [
          ['Host', 'evil.test'],
          ['Expect', expectation],
        ],
      });
      expect(status, expectation).toBe(403);
    }
  });

  test('its own is accepted, in any case', async () => {
    await using cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: await freePort() } });
    for (const name of ['localhost', 'LocalHost']) {
      const headers: [string, string][] = [['Host', `${name}:${cloud.port}`]];
      expect((await rawRequest(cloud.port, { path: '/healthz', headers })).status).toBe(200);
    }
    const address: [string, string][] = [['Host', `127.0.0.1:${cloud.port}`]];
    expect((await rawRequest(cloud.port, { path: '/healthz', headers: address })).status).toBe(403);
  });

  test('forms that only resemble it are refused', async () => {
    const { port } = cloud;
    const forms = [
      '127.0.0.1',
      '127.0.0.1:1',
      `127.0.0.1.:${port}`,
      `localhost:${port}`,
      `127.0.0.2:${port}`,
      `127.1:${port}`,
      `2130706433:${port}`,
      `0x7f.0.0.1:${port}`,
      `[::1]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `0.0.0.0:${port}`,
      `127.0.0.1:${port}.evil.test`,
      `evil.test/127.0.0.1:${port}`,
      `user@127.0.0.1:${port}`,
      `127.0.0.1:0${port}`,
      `127.0.0.1:${port}, evil.test`,
      `127.0.0.1:${port},127.0.0.1:${port}`,
      '',
    ];
    for (const form of forms) {
      const { status } = await rawRequest(port, { path: '/healthz', headers: [['Host', form]] });
      expect([400, 403], form).toContain(status);
    }
  });

  test('a proxy’s word is not taken: a foreign Host stays foreign', async () => {
    for (const name of ['X-Forwarded-Host', 'Forwarded', 'X-Original-Host', 'X-Forwarded-Server', 'X-Host']) {
      const headers: [string, string][] = [
        ['Host', 'evil.test'],
        [name, name === 'Forwarded' ? `host=${host}` : host],
      ];
      expect((await rawRequest(cloud.port, { path: '/healthz', headers })).status, name).toBe(403);
    }
  });

  test('a proxy’s word is not taken: no URL and no proof changes with it', async () => {
    const { instance, browser, account } = await company(cloud);
    const headers = {
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
      forwarded: 'host=evil.test;proto=https',
      'x-forwarded-prefix': '/evil',
    };
    const metadata = await (await cloud.get('/.well-known/oauth-authorization-server', { headers })).text();
    expect(metadata).not.toMatch(/evil|https:/);
    expect(await (await cloud.post('/reg', {}, headers)).text()).not.toMatch(/evil|https:/);
    const response = await browser.requestDeviceCode({ resource: instance.resource }, headers);
    const login = (await response.json()) as DeviceAuthorization;
    expect(login.verification_uri).toBe(`${cloud.url}/device`);
    await account.approve(login);
    expect(
      (await browser.poll(login, await browser.proof({}, { htu: 'https://evil.test/token' }))).status,
    ).toBe(400);
    expect((await browser.poll(login)).status).toBe(200);
  });

  test('two Hosts, no Host, and a target with a host of its own are refused', async () => {
    const end = 'Connection: close\r\n\r\n';
    const requests = [
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nHost: evil.test\r\n${end}`,
      `GET /healthz HTTP/1.1\r\nHost: evil.test\r\nHost: ${host}\r\n${end}`,
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nHost: ${host}\r\n${end}`,
      `GET /healthz HTTP/1.1\r\n${end}`,
      'GET /healthz HTTP/1.0\r\n\r\n',
      `GET http://evil.test/healthz HTTP/1.1\r\nHost: ${host}\r\n${end}`,
      `GET http://${host}/healthz HTTP/1.1\r\nHost: ${host}\r\n${end}`,
      `GET //evil.test/healthz HTTP/1.1\r\nHost: ${host}\r\n${end}`,
    ];
    for (const request of requests)
      expect([400, 403], request).toContain(await rawStatus(cloud.port, request));
    const good = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n${end}`;
    expect(await rawStatus(cloud.port, good)).toBe(200);
    const connect = `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    expect(await rawStatus(cloud.port, connect)).not.toBe(200);
  });

  test('row 42: requests that two servers could read differently are refused', async () => {
    const start = `POST /api/device/lookup HTTP/1.1\r\nHost: ${host}\r\n`;
    const requests = [
      `${start}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${start}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      `${start}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      `${start}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
      `${start}X: a\r\n b\r\nContent-Length: -1\r\n\r\n`,
      `${start}X-A: a\nX-B: b\r\n\r\n`,
    ];
    for (const request of requests) expect(await rawStatus(cloud.port, request), request).toBe(400);
  });

  test('a cloud behind a proxy answers at its issuer alone, and its URLs are those of the issuer', async () => {
    const listen = { host: '127.0.0.1', port: await freePort() };
    await using cloud = await TestCloud.start({}, { listen, issuer: 'https://cloud.example.com' });
    const path = '/.well-known/oauth-authorization-server';
    const { status, headers, text } = await rawRequest(cloud.port, {
      path,
      headers: [['Host', 'cloud.example.com']],
    });
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(JSON.parse(text)).toMatchObject({
      issuer: 'https://cloud.example.com',
      token_endpoint: 'https://cloud.example.com/token',
      jwks_uri: 'https://cloud.example.com/jwks',
    });
    for (const name of [`127.0.0.1:${cloud.port}`, 'cloud.example.com:443', 'cloud.example.com.']) {
      expect((await rawRequest(cloud.port, { path, headers: [['Host', name]] })).status, name).toBe(403);
    }
  });
});

describe('row 34: CORS', () => {
  const origins = [
    'http://127.0.0.1:8080',
    'http://localhost:5173',
    'https://instance.example.com',
    'null',
    'https://evil.test',
    'file://',
  ];
  const protocol: [method: string, path: string][] = [
    ['GET', '/.well-known/oauth-authorization-server'],
    ['GET', '/jwks'],
    ['POST', '/device/auth'],
    ['POST', '/token'],
    ['POST', '/token/revocation'],
  ];

  test.each(protocol)('any page may use %s %s, without credentials', async (method, path) => {
    for (const origin of origins) {
      const asked = await cloud.get(path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': 'content-type,dpop',
        },
      });
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-methods')).toBe(method);
      expect(asked.headers.get('access-control-allow-headers')?.toLowerCase()).toBe('content-type, dpop');
      const answered = await cloud.get(path, { method, headers: { origin } });
      for (const { headers } of [asked, answered]) {
        expect(headers.get('access-control-allow-origin')).toBe('*');
        expect(headers.get('access-control-allow-credentials')).toBeNull();
      }
      expect(answered.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce');
      expect(answered.headers.get('access-control-expose-headers')).toContain('Date');
    }
  });

  const own: [method: string, path: string][] = [
    ['GET', '/'],
    ['GET', '/device'],
    ['GET', '/assets/main-abc123.js'],
    ['GET', '/healthz'],
    ['POST', '/reg'],
    ['GET', '/reg/x'],
    ['DELETE', '/reg/x'],
    ['POST', '/token/introspection'],
    ['POST', '/api/auth/sign-in/email'],
    ['POST', '/api/auth/sign-up/email'],
    ['GET', '/api/auth/get-session'],
    ['POST', '/api/device/lookup'],
    ['POST', '/api/device/approve'],
    ['GET', '/api/instance'],
    ['PUT', '/api/instance/owner'],
    ['GET', '/api/instances'],
    ['GET', '/nowhere'],
  ];
  test.each(own)('no other page may use %s %s', async (method, path) => {
    for (const origin of origins) {
      const asked = await cloud.get(path, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': method },
      });
      const answered = await cloud.get(path, { method, headers: { origin } });
      for (const { headers } of [asked, answered]) {
        const names = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
        expect(names, origin).toEqual([]);
      }
    }
  });

  test('errors can be read as well, or a page could not tell why', async () => {
    const response = await cloud.postForm('/token', { grant_type: 'x' }, { origin: 'http://localhost:1' });
    expect(response.status).toBe(400);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const wrongMethod = await cloud.get('/token', { headers: { origin: 'http://localhost:1' } });
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('pages', () => {
  test.each(['/', '/device', '/sign-in', '/sign-up', '/device?x=y'])('%s is one', async (path) => {
    const response = await cloud.get(path, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain('Holdfast account');
  });

  test('a page whose file was replaced is the new one, and one without a file is none', async () => {
    const file = join(cloud.config.webApp, 'account.html');
    const page = await readFile(file);
    try {
      expect(await textOf('/device')).toContain('Holdfast account');
      await writeFile(file, '<!doctype html><title>Updated</title>');
      expect(await textOf('/device')).toContain('Updated');
      await rm(file);
      expect(await textOf('/device')).toContain('There is nothing here');
    } finally {
      await writeFile(file, page);
    }
    expect(await textOf('/device')).toContain('Holdfast account');

    async function textOf(path: string): Promise<string> {
      return (await cloud.get(path, { headers: { accept: 'text/html' } })).text();
    }
  });

  test.each([
    '/nowhere',
    '/device/',
    '/account.html',
    '/index.html',
    '/assets/none.js',
    '/assets/',
    '/assets',
    '/assets/..%2faccount.html',
    '/assets/..%2f..%2fdata%2fkeys.json',
    '/%2e%2e/data/keys.json',
    '/..%5cdata%5ckeys.json',
    '/keys.json',
    '/cloud.db',
    '/%00.svg',
    '/%',
  ])('%s is none', async (path) => {
    const headers: [string, string][] = [
      ['Host', host],
      ['Accept', 'text/html'],
    ];
    const { status, text } = await rawRequest(cloud.port, { path, headers });
    expect(status).toBe(404);
    expect(text).toContain('There is nothing here');
  });

  test('what says so bears the name, follows the colours of the system, and needs nothing else', async () => {
    const page = await (await cloud.get('/nowhere', { headers: { accept: 'text/html' } })).text();
    expect(page).toContain('<span>Holdfast</span>');
    expect(page).toContain('color-scheme: light dark');
    expect(page).not.toMatch(/<script|\bsrc=|@import|url\(|style=/);
  });

  test('what is no page and no endpoint is JSON to programs', async () => {
    expect(await answerOf(cloud.get('/nowhere', { headers: { accept: 'application/json' } }))).toMatchObject({
      status: 404,
      body: { error: 'not_found', error_description: 'There is nothing at this address.' },
    });
    const inApi = await cloud.get('/api/nowhere', { headers: { accept: 'text/html' } });
    expect(inApi.status).toBe(404);
    expect(inApi.headers.get('content-type')).toContain('application/json');
    expect(inApi.headers.get('cache-control')).toBe('no-store');
  });

  test('assets may be kept for ever, other files are asked for again', async () => {
    const asset = await cloud.get('/assets/main-abc123.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-type')).toContain('javascript');
    const icon = await cloud.get('/favicon.svg');
    expect([icon.status, icon.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  });

  test('a file that is too large to be kept in memory is served all the same', async () => {
    const bytes = 33 * 1024 * 1024;
    await writeFile(join(cloud.config.webApp, 'assets', 'huge-abc123.bin'), Buffer.alloc(bytes));
    const huge = await cloud.get('/assets/huge-abc123.bin');
    expect([huge.status, (await huge.arrayBuffer()).byteLength]).toEqual([200, bytes]);
    expect(huge.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test('of a file there is the whole or nothing', async () => {
    const { status, headers } = await cloud.get('/assets/main-abc123.js', {
      headers: { range: 'bytes=0-1' },
    });
    expect([status, headers.get('content-length')]).toEqual([200, '10']);
    const head = await cloud.get('/assets/main-abc123.js', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
  });

  test('health', async () => {
    expect(await (await cloud.get('/healthz')).json()).toEqual({ status: 'ok', version: '0.1.0' });
  });
});

describe('security headers', () => {
  test.each(routes)('row 31: on %s %s', async (method, path) => {
    const { headers } = await cloud.get(path, { method, headers: { accept: 'text/html' } });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "connect-src 'self'",
        "require-trusted-types-for 'script'",
        'trusted-types default',
      ]),
    );
    expect(policy).not.toMatch(/script-src|unsafe-eval|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe(
      path === '/healthz' ? 'cross-origin' : 'same-origin',
    );
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('cross-origin-opener-policy')).toBe(
      // The approval page asks the page that opened it for a proof.
      path.split('?')[0] === '/device' ? 'unsafe-none' : 'same-origin-allow-popups',
    );
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });

  test('also on what is refused for its Host', async () => {
    const { headers } = await rawRequest(cloud.port, { headers: [['Host', 'evil.test']] });
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('answers with secrets are not stored on the way', async () => {
    const { instance, browser, account } = await newcomers();
    const login = await browser.startLogin(instance);
    const answers = [
      await cloud.post('/reg', {}),
      await instance.requestToken(),
      await browser.requestDeviceCode({ resource: instance.resource }),
      await browser.poll(login),
      await account.device('lookup', { user_code: login.user_code }),
      await cloud.get('/api/auth/get-session', { headers: { cookie: account.cookie } }),
      await cloud.get('/api/instances', { headers: { cookie: account.cookie } }),
    ];
    for (const { url, headers } of answers) expect(headers.get('cache-control'), url).toContain('no-store');
  });
});

async function newcomers() {
  const [instance, browser] = [await TestInstance.register(cloud), await TestBrowser.open(cloud)];
  return { instance, browser, account: await TestAccount.signUp(cloud, 'newcomer') };
}

describe('methods', () => {
  test.each([
    ['/token', 'GET', 'POST'],
    ['/token', 'PUT', 'POST'],
    ['/device/auth', 'GET', 'POST'],
    ['/token/revocation', 'GET', 'POST'],
    ['/token/introspection', 'GET', 'POST'],
    ['/reg', 'GET', 'POST'],
    ['/reg/x', 'PATCH', 'GET, PUT, DELETE'],
    ['/jwks', 'POST', 'GET'],
    ['/.well-known/oauth-authorization-server', 'DELETE', 'GET'],
  ])('%s: %s is answered with 405, and with %s', async (path, method, allowed) => {
    const response = await cloud.get(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allowed);
    expect(await response.json()).toEqual({
      error: 'invalid_request',
      error_description: `Use ${allowed.replaceAll(', ', ' or ')} here.`,
    });
  });

  test('none makes a request fail', async () => {
    const complaints = vi.spyOn(console, 'error');
    for (const path of [
      '/',
      '/token',
      '/reg',
      '/reg/x',
      '/jwks',
      '/api/instance',
      '/api/device/deny',
      '/api/auth/sign-out',
      '/api/x',
    ]) {
      for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
        expect((await cloud.get(path, { method })).status, `${method} ${path}`).toBeLessThan(500);
      }
    }
    expect(complaints).not.toHaveBeenCalled();
    complaints.mockRestore();
  });
});

describe('bodies', () => {
  const large = JSON.stringify({ user_code: 'x'.repeat(16 * 1024) });
  const paths = ['/api/device/lookup', '/api/auth/sign-in/email', '/api/nowhere'];
  const headers = () => ({ 'content-type': 'application/json', origin: cloud.url });

  test.each(paths)('%s: not more than 16 KiB', async (path) => {
    expect(
      await answerOf(cloud.get(path, { method: 'POST', headers: headers(), body: large })),
    ).toMatchObject({
      status: 413,
      body: { error: 'invalid_request', error_description: expect.stringContaining('16384 bytes') },
    });
  });

  test.each(paths)('%s: not more than 16 KiB if the length is not announced', async (path) => {
    const body = new Blob([large]).stream();
    const response = await cloud.get(path, {
      method: 'POST',
      headers: headers(),
      body,
      duplex: 'half',
    });
    expect(response.status).toBe(413);
    expect(response.headers.get('connection')).toBe('close');
  });

  test('a short one is read although its length is not announced', async () => {
    const send = async (path: string, text: string, cookie = '') =>
      cloud.get(path, {
        method: 'POST',
        headers: { ...headers(), cookie },
        body: new Blob([text]).stream(),
        duplex: 'half',
      });
    const signedUp = await send(
      '/api/auth/sign-up/email',
      '{"name":"x","email":"chunked@example.test","password":"correct horse battery"}',
    );
    expect(signedUp.status).toBe(200);
    const cookie = signedUp.headers.getSetCookie()[0]?.split(';')[0];
    const { status, body } = await answerOf(send('/api/device/lookup', '{"user_code":"BBBB-BBBB"}', cookie));
    expect([status, body.error]).toEqual([404, 'invalid_user_code']);
  });

  test('the OAuth endpoints refuse large ones, and go on', async () => {
    for (const [path, type] of [
      ['/token', 'application/x-www-form-urlencoded'],
      ['/device/auth', 'application/x-www-form-urlencoded'],
      ['/reg', 'application/json'],
    ] as const) {
      const body =
        type === 'application/json' ? `{"client_name":"${'x'.repeat(100_000)}"}` : 'x='.padEnd(100_000, 'x');
      const { status } = await answerOf(
        cloud.get(path, { method: 'POST', headers: { 'content-type': type }, body }),
      );
      expect([400, 413], path).toContain(status);
    }
    expect((await cloud.get('/healthz')).status).toBe(200);
  });

  test('row 33: the OAuth endpoints read forms alone', async () => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const response = cloud.get('/token', { method: 'POST', headers: { 'content-type': type }, body: '{}' });
      expect(await answerOf(response), type).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    }
  });

  test('row 38: no answer to nonsense shows the inside', async () => {
    const nonsense = ['{', '\u0000', '%', '{"__proto__":1}', '[[[['.repeat(500), '{"user_code":{"$gt":""}}'];
    for (const path of [
      '/token',
      '/reg',
      '/device/auth',
      '/token/revocation',
      '/api/device/lookup',
      '/api/auth/sign-in/email',
    ]) {
      for (const body of nonsense) {
        for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
          const response = await cloud.get(path, {
            method: 'POST',
            headers: { 'content-type': type, origin: cloud.url },
            body,
          });
          expect(response.status, `${path} ${body}`).toBeLessThan(500);
          expect(await response.text()).not.toMatch(/node_modules|\.m?[jt]s:\d|SQLITE|at async/);
        }
      }
    }
  });
});
