import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { rawRequest } from './raw-request.ts';
import { answerOf, cookiesOf, type Members, password, TestAccount } from './test-clients.ts';
import { freePort, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let account: TestAccount;

beforeAll(async () => {
  cloud = await TestCloud.start();
  account = await TestAccount.signUp(cloud);
});

afterAll(async () => cloud[Symbol.asyncDispose]());

const signUp = async (body: Members, headers: Record<string, string> = {}) =>
  cloud.post('/api/auth/sign-up/email', body, { origin: cloud.url, ...headers });
const signIn = async (body: Members, headers: Record<string, string> = {}) =>
  cloud.post('/api/auth/sign-in/email', body, { origin: cloud.url, ...headers });
const session = async (cookie: string) =>
  (await cloud.get('/api/auth/get-session', { headers: { cookie } })).json() as Promise<Members | null>;

test('row 58: no answer tells a script the token that its cookie keeps from it', async () => {
  const email = 'kept@example.test';
  const answers = [
    await signUp({ name: 'kept', email, password }),
    await signIn({ email, password }),
    await cloud.get('/api/auth/get-session', { headers: { cookie: account.cookie } }),
  ];
  for (const answer of answers) {
    const cookie = answer.headers.getSetCookie().length > 0 ? cookiesOf(answer) : account.cookie;
    const token = /session_token=([^.;]+)\./.exec(decodeURIComponent(cookie))?.[1];
    expect(token).toMatch(/^\w{20,}$/);
    const body = await answer.text();
    expect(body).toContain('"user"');
    expect(body).not.toContain(token);
  }
});

describe('signing up', () => {
  test('opens a session', async () => {
    expect(await session(account.cookie)).toMatchObject({ user: { email: 'ann@example.test', name: 'ann' } });
  });

  test('with a password of twelve characters at least', async () => {
    const strong = 'mauve otter paints tuba '.repeat(6);
    for (const [length, status] of [
      [11, 400],
      [12, 200],
      [128, 200],
      [129, 400],
    ] as const) {
      const email = `length-${length}@example.test`;
      expect((await signUp({ name: 'x', email, password: strong.slice(0, length) })).status).toBe(status);
    }
  });

  test('with a password that is not easy to guess', async () => {
    for (const easy of ['password1234', 'p'.repeat(12), 'eve@example.test']) {
      const { status, body } = await answerOf(
        signUp({ name: 'x', email: 'eve@example.test', password: easy }),
      );
      expect([status, body.code], easy).toEqual([400, 'PASSWORD_TOO_WEAK']);
    }
  });

  test('with a name and an address of bounded length', async () => {
    const email = 'long@example.test';
    for (const name of ['', ' ', 'n'.repeat(65)]) {
      expect((await answerOf(signUp({ name, email, password }))).body.code).toBe('INVALID_NAME');
    }
    const long = `${'e'.repeat(250)}@example.test`;
    expect((await answerOf(signUp({ name: 'x', email: long, password }))).body.code).toBe('INVALID_EMAIL');
  });

  test('with an address that is one, and is not taken', async () => {
    expect((await signUp({ name: 'x', email: 'no address', password })).status).toBe(400);
    expect((await signUp({ name: 'x', email: 'ANN@example.test', password })).status).toBe(422);
  });

  test('takes nothing but name, address and password', async () => {
    const response = await signUp({
      name: 'x',
      email: 'x@example.test',
      password,
      emailVerified: true,
      id: 'mine',
    });
    const { user } = (await session(cookiesOf(response))) as { user: Members };
    expect(user.id).not.toBe('mine');
    expect(user.emailVerified).toBe(false);
  });
});

describe('the session', () => {
  test('is a cookie that scripts cannot read and other sites do not send', async () => {
    const response = await signIn({ email: account.email, password });
    const [cookie] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^holdfast-[0-9a-f]{8}\.session_token=/);
    expect(cookie).toMatch(/; HttpOnly/i);
    expect(cookie).toMatch(/; SameSite=Lax/i);
    expect(cookie).toMatch(/; Path=\//i);
    expect(cookie).not.toMatch(/; Domain=/i);
  });

  test('of a cloud behind https is sent to it by https alone', async () => {
    const listen = { host: '127.0.0.1', port: await freePort() };
    await using cloud = await TestCloud.start({}, { listen, issuer: 'https://cloud.example.com' });
    const { headers } = await rawRequest(cloud.port, {
      method: 'POST',
      path: '/api/auth/sign-up/email',
      headers: [
        ['Host', 'cloud.example.com'],
        ['Origin', 'https://cloud.example.com'],
        ['Content-Type', 'application/json'],
        ['Holdfast-Page-Key', cloud.pageKey],
      ],
      body: JSON.stringify({ name: 'x', email: 'x@example.test', password }),
    });
    expect(headers['set-cookie']?.[0]).toMatch(/^__Secure-holdfast-.*; Secure/);
  });

  test('knows the address that the socket has, whatever the client says', async () => {
    const spoofed = { 'x-holdfast-client-address': '203.0.113.7', 'x-forwarded-for': '203.0.113.7' };
    const response = await signIn({ email: account.email, password }, spoofed);
    expect(await session(cookiesOf(response))).toMatchObject({ session: { ipAddress: '127.0.0.1' } });
  });

  test('does not depend on the value in the database alone', async () => {
    const token = decodeURIComponent(account.cookie).split('=')[1]?.split('.')[0];
    const name = account.cookie.split('=')[0];
    expect(await session(`${name}=${token}`)).toBeNull();
    expect(await session(`${name}=${token}.${'A'.repeat(43)}=`)).toBeNull();
  });

  test('ends with signing out', async () => {
    const other = await TestAccount.signIn(cloud);
    const response = await cloud.post('/api/auth/sign-out', {}, { origin: cloud.url, cookie: other.cookie });
    expect(response.status).toBe(200);
    expect(await session(other.cookie)).toBeNull();
    expect(await session(account.cookie)).not.toBeNull();
  });

  test('two clouds on one host do not sign each other out', async () => {
    await using other = await TestCloud.start();
    const { cookie } = await TestAccount.signUp(other);
    expect(cookie.split('=')[0]).not.toBe(account.cookie.split('=')[0]);
    expect(await session(`${account.cookie}; ${cookie}`)).toMatchObject({ user: { email: account.email } });
  });
});

describe('signing in', () => {
  test('row 56: a wrong password and an unknown address are told apart by nothing', async () => {
    const wrong = await answerOf(signIn({ email: account.email, password: 'x'.repeat(20) }));
    const unknown = await answerOf(signIn({ email: 'nobody@example.test', password: 'x'.repeat(20) }));
    expect(wrong.status).toBe(401);
    expect(unknown.status).toBe(401);
    expect(unknown.body).toEqual(wrong.body);
    expect(wrong.headers.getSetCookie()).toEqual([]);
  });

  test('is limited to 20 attempts in a minute from one address, whatever it claims to be', async () => {
    await using cloud = await TestCloud.start();
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 22; attempt += 1) {
      const response = await cloud.post(
        '/api/auth/sign-in/email',
        { email: 'no address', password },
        {
          origin: cloud.url,
          'x-forwarded-for': `203.0.113.${attempt}`,
          'x-holdfast-client-address': `203.0.113.${attempt}`,
        },
      );
      statuses.push(response.status);
      if (response.status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(400), 429, 429]);
  });
});

describe('row 33: no other page may sign anybody in, up or out', () => {
  const requests: [path: string, body: Members][] = [
    ['/api/auth/sign-in/email', { email: 'ann@example.test', password }],
    ['/api/auth/sign-up/email', { name: 'x', email: 'csrf@example.test', password }],
    ['/api/auth/sign-out', {}],
  ];

  test.each(requests)('%s from another origin', async (path, body) => {
    for (const origin of ['https://evil.test', 'null', 'http://127.0.0.1:1', `${cloud.url}.evil.test`]) {
      const response = await cloud.post(path, body, { origin, cookie: account.cookie });
      expect(response.status, origin).toBe(403);
      expect(response.headers.getSetCookie()).toEqual([]);
    }
    expect(await session(account.cookie)).not.toBeNull();
  });

  test.each(requests)('%s from a form, as a browser sends it', async (path, body) => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const asForm = new URLSearchParams(body as Record<string, string>).toString();
      const { status, headers } = await rawRequest(cloud.port, {
        method: 'POST',
        path,
        headers: [
          ['Host', new URL(cloud.url).host],
          ['Origin', 'https://evil.test'],
          ['Sec-Fetch-Site', 'cross-site'],
          ['Sec-Fetch-Mode', 'navigate'],
          ['Content-Type', type],
        ],
        body: type === 'text/plain' ? JSON.stringify(body) : asForm,
      });
      expect([403, 415], type).toContain(status);
      expect(headers['set-cookie']).toBeUndefined();
    }
  });

  test.each(requests)('GET %s', async (path) => {
    const response = await cloud.get(
      `${path}?email=ann@example.test&password=${encodeURIComponent(password)}`,
      {
        headers: { cookie: account.cookie },
      },
    );
    expect(response.status).toBe(404);
    expect(await session(account.cookie)).not.toBeNull();
  });
});

test('refusals are logged by nobody but the logger', async () => {
  const console = vi.spyOn(globalThis.console, 'error').mockReturnValue();
  try {
    expect((await signIn({ email: account.email, password }, { origin: 'https://evil.test' })).status).toBe(
      403,
    );
    expect((await signIn({ email: account.email, password: 'wrong' })).status).toBe(401);
    for (const body of ['{', '', 'null', '{"email":{}}']) {
      const response = await cloud.get('/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: cloud.url },
        body,
      });
      expect(response.status, body).toBe(400);
      expect(await response.json()).toEqual({ code: expect.any(String), message: expect.any(String) });
    }
    expect(console).not.toHaveBeenCalled();
  } finally {
    console.mockRestore();
  }
});

test('row 32: nothing that is asked for leads anywhere else', async () => {
  await using cloud = await TestCloud.start();
  const account = await TestAccount.signUp(cloud);
  const targets = [
    'https://evil.test',
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/%5cevil.test',
    '/\t/evil.test',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://127.0.0.1@evil.test',
    ' https://evil.test',
    'https:evil.test',
    '/.//evil.test',
  ];
  for (const callbackURL of targets) {
    const body = { email: account.email, password, callbackURL };
    const response = await cloud.post('/api/auth/sign-in/email', body, { origin: cloud.url });
    expect([200, 403], callbackURL).toContain(response.status);
    const { url = '' } = (await response.json()) as { url?: string };
    for (const target of [url, response.headers.get('location') ?? '']) {
      expect(new URL(target ?? '', cloud.url).origin, callbackURL).toBe(cloud.url);
    }
  }
  for (const query of ['redirect', 'return_to', 'next', 'callbackURL', 'redirect_uri']) {
    const response = await cloud.get(`/sign-in?${query}=https://evil.test`, { redirect: 'manual' });
    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toBeNull();
  }
});

test.each([
  '/api/auth/ok',
  '/api/auth/error',
  '/api/auth/delete-user',
  '/api/auth/change-email',
  '/api/auth/change-password',
  '/api/auth/request-password-reset',
  '/api/auth/reset-password',
  '/api/auth/update-user',
  '/api/auth/list-sessions',
  '/api/auth/revoke-sessions',
  '/api/auth/sign-in/social',
  '/api/auth/callback/github',
  '/api/auth/verify-email',
  '/api/auth/link-social',
  '/api/auth/get-session/',
  '/api/auth//get-session',
  '/api/auth',
])('what better-auth could do but the cloud does not offer: %s', async (path) => {
  for (const method of ['GET', 'POST']) {
    const response = await cloud.get(path, {
      method,
      headers: { cookie: account.cookie, origin: cloud.url, 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    });
    expect(response.status, method).toBe(404);
  }
});
