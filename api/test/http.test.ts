import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendBytes } from './raw-socket.ts';
import { TestCloud } from './test-cloud.ts';
import { rawRequest, TestBrowser, TestInstance } from './test-instance.ts';

let cloud: TestCloud;
let instance: TestInstance;
let host: string;

beforeAll(async () => {
  cloud = await TestCloud.start();
  instance = await TestInstance.start(cloud, { allowedOrigins: ['https://launcher.example.com'] });
  await instance.untilRegistered();
  ({ host } = new URL(instance.url));
});

afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

describe('row 4, 5: Host', () => {
  const paths: [method: string, path: string][] = [
    ['GET', '/'],
    ['GET', '/healthz'],
    ['GET', '/assets/main-abc123.js'],
    ['POST', '/graphql'],
    ['GET', '/graphql'],
    ['OPTIONS', '/graphql'],
    ['GET', '/.well-known/oauth-protected-resource'],
    ['GET', '/launcher'],
    ['GET', '/nowhere'],
  ];
  test.each(paths)('a foreign Host is refused at %s %s', async (method, path) => {
    const { status, text } = await rawRequest(instance.url, {
      method,
      path,
      headers: [['Host', `evil.test:${new URL(instance.url).port}`]],
    });
    expect(status).toBe(403);
    expect(text).toContain(`Open ${instance.url}`);
  });

  test('under a foreign Host nothing is done: even the proof of a member stays unused', async () => {
    const browser = await TestBrowser.create(instance);
    const { authorization, dpop } = await browser.headers();
    const body = '{"query":"{ viewer { id } }"}';
    const statusUnder = async (name: string) => {
      const { status } = await rawRequest(instance.url, {
        method: 'POST',
        path: '/graphql',
        headers: [
          ['Host', name],
          ['Content-Type', 'application/json'],
          ['Content-Length', String(body.length)],
          ['Authorization', authorization],
          ['DPoP', dpop],
        ],
        body,
      });
      return status;
    };
    expect(await statusUnder(`evil.test:${new URL(instance.url).port}`)).toBe(403);
    expect(await statusUnder(host)).toBe(200);
  });

  test('a foreign Host is refused, whatever the request expects besides', async () => {
    for (const expectation of ['100-continue', 'something else']) {
      const { status } = await rawRequest(instance.url, {
        path: '/healthz',
        headers: [
          ['Host', 'evil.test'],
          ['Expect', expectation],
        ],
      });
      expect(status, expectation).toBe(403);
    }
  });

  test('its own names are accepted', async () => {
    const { port } = new URL(instance.url);
    for (const name of ['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST']) {
      const { status } = await rawRequest(instance.url, {
        path: '/healthz',
        headers: [['Host', `${name}:${port}`]],
      });
      expect(status, name).toBe(200);
    }
  });

  test('forms that only resemble its own names are refused', async () => {
    const { port } = new URL(instance.url);
    const forms = [
      '127.0.0.1',
      `127.0.0.1:1`,
      `127.0.0.1.:${port}`,
      `localhost.:${port}`,
      `127.0.0.2:${port}`,
      `127.1:${port}`,
      `2130706433:${port}`,
      `[0:0:0:0:0:0:0:1]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `::1:${port}`,
      `0.0.0.0:${port}`,
      `127.0.0.1:${port}.evil.test`,
      `evil.test/127.0.0.1:${port}`,
      `user@127.0.0.1:${port}`,
      `127.0.0.1:0${port}`,
      '',
    ];
    for (const form of forms) {
      const { status } = await rawRequest(instance.url, { path: '/healthz', headers: [['Host', form]] });
      expect([400, 403], form).toContain(status);
    }
  });

  test('forwarding headers change nothing', async () => {
    for (const name of ['X-Forwarded-Host', 'Forwarded', 'X-Original-Host', 'X-Forwarded-Server']) {
      const value = name === 'Forwarded' ? `host=${host}` : host;
      const { status } = await rawRequest(instance.url, {
        path: '/healthz',
        headers: [
          ['Host', 'evil.test'],
          [name, value],
        ],
      });
      expect(status, name).toBe(403);
    }
  });

  test('two Hosts, no Host and the absolute form are refused', async () => {
    const requests = [
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nHost: evil.test\r\nConnection: close\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\nHost: evil.test\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n',
      'GET /healthz HTTP/1.0\r\n\r\n',
      `GET http://evil.test/healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      `GET http://${host}/healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      `GET //evil.test/healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    ];
    const port = Number(new URL(instance.url).port);
    for (const request of requests)
      expect(await sendBytes(port, request), request).toMatch(/^HTTP\/1\.1 40[03] /);
  });
});

describe('row 34: CORS', () => {
  const preflight = async (origin: string) =>
    fetch(`${instance.url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
  const question = async (origin: string) =>
    fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: '{"query":"{ instance { state } }"}',
    });

  test.each([
    'http://127.0.0.1:8080',
    'http://127.0.0.1',
    'http://localhost:5173',
    'http://[::1]:9',
    'https://launcher.example.com',
  ])('%s may use the instance', async (origin) => {
    const [asked, answered] = [await preflight(origin), await question(origin)];
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-headers')).toMatch(/Authorization.*DPoP/);
    expect(asked.headers.get('access-control-allow-methods')).toBe('POST');
    expect(answered.status).toBe(200);
    for (const { headers } of [asked, answered]) {
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')).toContain('Origin');
    }
    expect(answered.headers.get('access-control-expose-headers')).toBe(
      'WWW-Authenticate, DPoP-Nonce, Date, Retry-After',
    );
  });

  test.each([
    'null',
    'https://evil.test',
    'http://launcher.example.com',
    'https://launcher.example.com:444',
    'https://launcher.example.com.evil.test',
    'https://evil.test/https://launcher.example.com',
    'http://127.0.0.1.evil.test',
    'http://localhost.evil.test:8080',
    'https://localhost:8080',
    'http://192.168.0.1:8080',
    'http://0.0.0.0:8080',
    'http://user@127.0.0.1:8080',
    'http://127.0.0.1:8080/',
    'file://',
    'chrome-extension://abc',
    '*',
  ])('%s may not', async (origin) => {
    for (const response of [await preflight(origin), await question(origin)]) {
      expect(response.status).toBe(403);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('errors can be read by allowed pages as well', async () => {
    const response = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: {
        origin: 'http://localhost:1',
        'content-type': 'application/json',
        authorization: 'Bearer x',
      },
      body: '{"query":"{ viewer { id } }"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:1');
  });
});

describe('row 33: only JSON by POST executes anything', () => {
  const body = JSON.stringify({ query: '{ instance { state } }' });

  test.each([
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/jsonx',
    '',
  ])('not as “%s”', async (type) => {
    const { status, text } = await rawRequest(instance.url, {
      method: 'POST',
      path: '/graphql',
      headers: [
        ['Host', host],
        ['Content-Type', type],
        ['Content-Length', String(body.length)],
      ],
      body,
    });
    expect(status).toBe(415);
    expect(text).not.toContain('UNCLAIMED');
  });

  test('nothing is done either for somebody who may, in whichever other form it is asked for', async () => {
    await using ownCloud = await TestCloud.start();
    await using own = await TestInstance.start(ownCloud);
    await own.untilConnected();
    const browser = await TestBrowser.create(own);
    const query = `mutation { claimInstance(code: "${await own.claimCode()}") { __typename } }`;
    const json = JSON.stringify({ query });
    const inUrl = new URLSearchParams({ query }).toString();
    const multipart = `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${json}\r\n--x--\r\n`;
    const ask = async (method: string, search: string, type: string, content: string) => {
      const response = await fetch(`${own.url}/graphql${search}`, {
        method,
        headers: { ...(await browser.headers()), ...(type !== '' && { 'content-type': type }) },
        ...(method !== 'GET' && { body: content }),
      });
      const { data } = (await response.json()) as { data?: unknown };
      return data ?? null;
    };
    const forms: [method: string, search: string, type: string, content: string][] = [
      ['POST', '', 'text/plain', json],
      ['POST', '', 'application/graphql', query],
      ['POST', '', 'application/x-www-form-urlencoded', inUrl],
      ['POST', '', 'multipart/form-data; boundary=x', multipart],
      ['POST', '', 'application/json', `[${json}]`],
      ['POST', `?${inUrl}`, 'application/json', '{}'],
      ['GET', `?${inUrl}`, '', ''],
      ['GET', `?${inUrl}`, 'application/json', ''],
      ['PUT', '', 'application/json', json],
    ];
    for (const form of forms) expect(await ask(...form), form.join(' ')).toBeNull();
    expect((await own.anonymously('{ instance { state } }')).data).toEqual({
      instance: { state: 'UNCLAIMED' },
    });
    expect(await ask('POST', '', 'application/json', json)).toEqual({
      claimInstance: { __typename: 'InstanceClaimed' },
    });
  });

  test('but as JSON with a character set', async () => {
    const response = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body,
    });
    expect(await response.json()).toEqual({ data: { instance: { state: 'UNCLAIMED' } } });
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('not by %s', async (method) => {
    const response = await fetch(`${instance.url}/graphql?query={instance{state}}`, {
      method,
      headers: { accept: 'application/json' },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.text()).not.toContain('UNCLAIMED');
  });

  test('not several at once', async () => {
    const response = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `[${body},${body}]`,
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await response.text()).not.toContain('UNCLAIMED');
  });

  test('also when its length is not announced', async () => {
    const response = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(await response.json()).toEqual({ data: { instance: { state: 'UNCLAIMED' } } });
  });

  test('not more than 128 KiB, whether or not the length is announced', async () => {
    const large = JSON.stringify({
      query: '{ instance { state } }',
      variables: { filler: 'x'.repeat(131_072) },
    });
    const announced = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: large,
    });
    expect(announced.status).toBe(413);
    const streamed = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
  });

  test('of whoever sends no token not more than 16 KiB', async () => {
    const send = async (characters: number, headers: Record<string, string> = {}) => {
      const { status } = await fetch(`${instance.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({
          query: '{ instance { state } }',
          extensions: { filler: 'x'.repeat(characters) },
        }),
      });
      return status;
    };
    expect(await send(16_000)).toBe(200);
    expect(await send(16_384)).toBe(413);
    // Judged, and refused.
    expect(await send(130_000, { authorization: 'DPoP nonsense' })).toBe(401);
    expect(await send(131_072, { authorization: 'DPoP nonsense' })).toBe(413);
  });

  test.each(['{', 'null', '7', '{"query":7}', ''])('not %j', async (nonsense) => {
    const response = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: nonsense,
    });
    expect(response.status).toBe(400);
    expect(await response.clone().json()).toHaveProperty('errors');
    expect(await response.text()).not.toMatch(/node_modules|at .*\.ts/);
  });
});

describe('pages', () => {
  test.each([
    ...['/', '/launcher', '/playground', '/audit', '/sessions'],
    ...['/instances/this', '/instances/abc/playground', '/instances/abc/audit'],
  ])('%s is a page', async (path) => {
    const response = await fetch(`${instance.url}${path}`, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  test.each([
    '/nowhere',
    '/instances/a.js',
    '/index.htm',
    '/account.html',
    '/assets/none.js',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/assets/..%2f..%2fdata%2fclaim-code',
  ])('%s is not', async (path) => {
    const { status, text } = await rawRequest(instance.url, {
      path,
      headers: [
        ['Host', host],
        ['Accept', 'text/html'],
      ],
    });
    expect(status).toBe(404);
    expect(text).toContain('There is nothing here');
    expect(text).toContain('aria-label="Holdfast, start page"');
  });

  test('assets may be kept for ever', async () => {
    const response = await fetch(`${instance.url}/assets/main-abc123.js`);
    expect(response.headers.get('cache-control')).toContain('immutable');
  });

  test('opening /graphql in a browser leads to the playground', async () => {
    const response = await fetch(`${instance.url}/graphql`, {
      headers: { accept: 'text/html,*/*' },
      redirect: 'manual',
    });
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe('/playground');
  });

  test('row 31: every answer carries the security headers', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/nowhere'],
      ['POST', '/graphql'],
      ['GET', '/healthz'],
    ] as const) {
      const { headers } = await fetch(`${instance.url}${path}`, { method });
      const policy = headers.get('content-security-policy');
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("require-trusted-types-for 'script'; trusted-types default");
      expect(policy).toContain("default-src 'self'");
      expect(policy).not.toMatch(/script-src|unsafe-eval/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe(
        path === '/healthz' ? 'cross-origin' : 'same-origin',
      );
    }
  });

  test('health', async () => {
    expect(await (await fetch(`${instance.url}/healthz`)).json()).toEqual({ status: 'ok', version: '0.1.0' });
  });
});

describe('row 38: without a token the schema stays unknown', () => {
  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Instance") { fields { name } } }',
    'query { ...f } fragment f on Query { __schema { queryType { name } } }',
    '{ a: __schema { queryType { name } } }',
  ])('%s', async (query) => {
    const { status, data, code, headers } = await instance.anonymously(query);
    expect(status).toBe(401);
    expect(code).toBe('unauthenticated');
    expect(data ?? null).toBeNull();
    expect(headers.get('www-authenticate')).toMatch(/^DPoP algs="ES256", resource_metadata="/);
  });

  test('also after somebody with a token sent the same document', async () => {
    const browser = await TestBrowser.create(instance);
    const query = '{ __schema { queryType { name } } }';
    expect((await browser.ask(query)).data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    expect((await instance.anonymously(query)).status).toBe(401);
  });

  test('no suggestions', async () => {
    for (const query of [
      '{ instanc { id } }',
      '{ instance { stat } }',
      '{ instance { cloud } }',
      '{ instance(x: 1) { id } }',
      '{ instance { id @skp } }',
      'mutation { claimInstanc }',
    ]) {
      const { errors } = await instance.anonymously(query);
      expect(errors.length, query).toBeGreaterThan(0);
      expect(JSON.stringify(errors)).not.toContain('Did you mean');
    }
    const browser = await TestBrowser.create(instance);
    expect(JSON.stringify((await browser.ask('{ instanc { id } }')).errors)).toContain('Did you mean');
  });

  test.each([{ actions: ['CLAIMD'] }, { actionz: ['CLAIMED'] }])(
    'no suggestions for variables: %j',
    async (filter) => {
      const query =
        'query ($filter: AuditFilter) { auditEntries(filter: $filter) { pageInfo { hasNextPage } } }';
      const response = await fetch(`${instance.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { filter } }),
      });
      const text = await response.text();
      expect(text).toContain('got invalid value');
      expect(text).not.toContain('Did you mean');
      const { errors } = await (await TestBrowser.create(instance)).ask(query, { filter });
      expect(JSON.stringify(errors)).toContain('Did you mean');
    },
  );

  test('a document with too many tokens is not even parsed', async () => {
    const { errors } = await instance.anonymously(`{ ${'instance { id } '.repeat(600)} }`);
    expect(errors[0]?.message).toContain('token');
  });
});
