import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { rawRequest } from './raw-request.ts';
import { answerOf, company, instanceMetadata, webClientId } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

// A flood comes from one address, or from as many as an attacker has; honest people come from others. The cloud stands
// behind a proxy here, so that the tests have addresses.

const behindProxy = { trustedProxies: ['127.0.0.1/32'] };
const from = (address: string) => ({ 'x-forwarded-for': address });
const attacker = from('198.51.100.66');
const honest = from('192.0.2.1');

vi.setConfig({ testTimeout: 180_000 });

// A minute does not pass while requests are counted that a busy machine takes long for.
beforeEach(() => moveClock(0));
afterEach(() => vi.useRealTimers());

/** How often each status was answered. */
async function tally(
  count: number,
  send: (index: number) => Promise<Response>,
): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let next = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      const response = await send(index);
      await response.arrayBuffer();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
  return statuses;
}

test('row 7: of 10,000 registrations at once 60 pass, and other addresses are unaffected', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const statuses = await tally(10_000, async () => cloud.post('/reg', instanceMetadata, attacker));
  expect(Object.fromEntries(statuses)).toEqual({ 201: 60, 429: 9_940 });
  expect((await cloud.post('/reg', instanceMetadata, honest)).status).toBe(201);
});

test('row 7: whoever sends from every /64 of a /56 registers four times as many, and other networks are unaffected', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const statuses = await tally(500, async (index) =>
    cloud.post('/reg', instanceMetadata, from(`2001:db8:1:a${(0x10 + (index % 200)).toString(16)}::1`)),
  );
  expect(Object.fromEntries(statuses)).toEqual({ 201: 240, 429: 260 });
  expect((await cloud.post('/reg', instanceMetadata, from('2001:db8:1:b00::1'))).status).toBe(201);
});

test('row 7: a patient flood ends at a hundred instances that nobody claims, in words', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const statuses: number[] = [];
  for (let minute = 0; minute < 4; minute += 1) {
    for (let index = 0; index < 40; index += 1) {
      const response = await cloud.post('/reg', instanceMetadata, attacker);
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    moveClock(61);
  }
  expect(statuses).toEqual([...Array<number>(100).fill(201), ...Array<number>(60).fill(400)]);
  const { body } = await answerOf(cloud.post('/reg', instanceMetadata, attacker));
  expect(body).toEqual({
    error: 'temporarily_unavailable',
    error_description: expect.stringContaining('nobody has claimed'),
  });
  expect((await cloud.post('/reg', instanceMetadata, honest)).status).toBe(201);
});

test('row 7: an instance counts among the hundred of its network until somebody signs in to it', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const { instance, account, browser } = await company(cloud);
  const statuses = await tally(59, async () => cloud.post('/reg', instanceMetadata));
  moveClock(61);
  for (const [status, count] of await tally(42, async () => cloud.post('/reg', instanceMetadata)))
    statuses.set(status, (statuses.get(status) ?? 0) + count);
  expect(Object.fromEntries(statuses)).toEqual({ 201: 99, 400: 2 });
  await browser.signIn(instance, account);
  expect((await cloud.post('/reg', instanceMetadata)).status).toBe(201);
  expect((await cloud.post('/reg', instanceMetadata)).status).toBe(400);
});

test('row 7: one address starts 120 sign-ins in a minute, not more', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const { instance, browser } = await company(cloud);
  const start = async (headers: Record<string, string>) =>
    browser.requestDeviceCode({ resource: instance.resource }, headers);
  const statuses = await tally(200, async () => start(attacker));
  expect(Object.fromEntries(statuses)).toEqual({ 200: 120, 429: 80 });
  const refused = await answerOf(start(attacker));
  expect(refused.body.error).toBe('temporarily_unavailable');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  expect((await start(honest)).status).toBe(200);
  moveClock(61);
  expect((await start(attacker)).status).toBe(200);
});

describe('row 7: what any web page can make its visitor’s browser send counts against nobody', () => {
  // As Chromium sends it.
  const ofForeignPage = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };

  test.each(['no-cors', 'navigate'])('sign-ins asked for in %s mode', async (mode) => {
    await using cloud = await TestCloud.start({}, behindProxy);
    const { instance, browser } = await company(cloud);
    // Not by `fetch`, which says of itself in which mode it is.
    const sendBlindly = async (path: string) =>
      rawRequest(cloud.port, {
        method: 'POST',
        path,
        headers: [
          ['Host', new URL(cloud.url).host],
          ['Content-Type', 'application/x-www-form-urlencoded'],
          ['Sec-Fetch-Mode', mode],
          ...Object.entries({ ...ofForeignPage, ...attacker }),
        ],
        body: String(
          new URLSearchParams({
            client_id: webClientId,
            scope: 'instance',
            resource: instance.resource,
            dpop_jkt: browser.jkt,
          }),
        ),
      });
    for (let count = 0; count < 121; count += 1) expect((await sendBlindly('/device/auth')).status).toBe(403);
    expect((await sendBlindly('/token')).status).toBe(403);
    const fetched = await browser.requestDeviceCode(
      { resource: instance.resource },
      { ...ofForeignPage, ...attacker },
    );
    expect(fetched.status).toBe(200);
  });

  test('requests for sign-ins that begin none', async () => {
    await using cloud = await TestCloud.start({}, behindProxy);
    const { instance, browser } = await company(cloud);
    const asked = { ...ofForeignPage, ...attacker };
    for (const resource of ['', `${instance.resource}x`]) {
      const statuses = await tally(200, async () => browser.requestDeviceCode({ resource }, asked));
      expect(Object.fromEntries(statuses)).toEqual({ 400: 200 });
    }
    expect((await browser.requestDeviceCode({ resource: instance.resource }, attacker)).status).toBe(200);
  });

  test('3,000 requests for sign-ins in a minute are all that one address has nevertheless', async () => {
    await using cloud = await TestCloud.start({}, behindProxy);
    const statuses = await tally(3_100, async () => cloud.postForm('/device/auth', {}, attacker));
    expect(Object.fromEntries(statuses)).toEqual({ 400: 3_000, 429: 100 });
  });

  test.each([
    ['text/plain', { 'content-type': 'text/plain' }, 400],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['nothing said of it', { 'content-type': '' }, 400],
    ['JSON, from another origin', { origin: 'https://evil.test' }, 403],
    ['JSON, from a page without an origin', { origin: 'null' }, 403],
    ['JSON, from another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['JSON, from another port', { 'sec-fetch-site': 'same-site' }, 403],
  ])('registrations as %s', async (_what, headers, status) => {
    await using cloud = await TestCloud.start({}, behindProxy);
    const register = async () => cloud.post('/reg', instanceMetadata, { ...attacker, ...headers });
    expect(Object.fromEntries(await tally(61, register))).toEqual({ [status]: 61 });
    expect((await cloud.post('/reg', instanceMetadata, attacker)).status).toBe(201);
  });
});

test('row 12: one address asks for tokens 3,000 times a minute, not more, and others go on', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const { instance, account, browser } = await company(cloud);
  const guess = async () =>
    cloud.postForm(
      '/token',
      { client_id: webClientId, grant_type: 'refresh_token', refresh_token: 'x'.repeat(43) },
      attacker,
    );
  const statuses = await tally(3_200, guess);
  expect(Object.fromEntries(statuses)).toEqual({ 400: 3_000, 429: 200 });
  expect((await browser.signIn(instance, account)).token_type).toBe('DPoP');
});

test('row 7: one address shows 300 wrong credentials a minute, not more, and right ones are taken as ever', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const { instance } = await company(cloud);
  const { registration_access_token: own } = instance.registration;
  const manage = async (authorization: string, method = 'GET', address = attacker) =>
    cloud.get(`/reg/${instance.clientId}`, { method, headers: { authorization, ...address } });
  const poll = async (token: string, address = attacker) =>
    cloud.post(
      '/api/instance/events',
      { returnImmediately: true },
      { authorization: `Bearer ${token}`, ...address },
    );
  const introspect = async (headers: Record<string, string>, address = attacker) =>
    cloud.postForm('/token/introspection', { token: 'x' }, { ...headers, ...address });
  const wrong = `Bearer ${'x'.repeat(43)}`;
  const guesses = [
    async () => introspect(instance.credentials('x')),
    async () =>
      cloud.postForm('/token/revocation', { token: 'x' }, { ...instance.credentials('x'), ...attacker }),
    async () => manage(wrong),
    async () => poll('x'.repeat(43)),
  ];
  const linesBefore = cloud.logLines.filter((line) => line.includes('refused')).length;
  const statuses = await tally(500, async (index) => (guesses[index % 4] as (typeof guesses)[0])());
  expect(Object.fromEntries(statuses)).toEqual({ 401: 300, 429: 200 });
  expect(cloud.logLines.filter((line) => line.includes('refused')).length - linesBefore).toBeLessThanOrEqual(
    300,
  );
  for (const guess of guesses) {
    const { status, body, headers } = await answerOf(guess());
    expect([status, body.error]).toEqual([429, 'temporarily_unavailable']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  }

  expect((await introspect(instance.credentials())).status).toBe(200);
  expect((await manage(`Bearer ${own}`)).status).toBe(200);
  expect((await poll(await instance.token())).status).toBe(200);
  expect((await manage(wrong, 'GET', honest)).status).toBe(401);
  expect((await manage(wrong, 'DELETE')).status).toBe(429);
  moveClock(61);
  expect((await manage(wrong)).status).toBe(401);
});

test('row 12: a device that polls at ten times the rate is told to slow down, and hears the approval', async () => {
  await using cloud = await TestCloud.start({}, behindProxy);
  const { instance, account, browser } = await company(cloud);
  const login = await browser.startLogin(instance);
  const errors = new Map<string, number>();
  for (let poll = 0; poll < 300; poll += 1) {
    const { body } = await answerOf(browser.poll(login));
    errors.set(body.error, (errors.get(body.error) ?? 0) + 1);
    moveClock(0.2);
  }
  expect(Object.fromEntries(errors)).toEqual({ authorization_pending: 1, slow_down: 299 });
  await account.approve(login);
  expect((await browser.poll(login)).status).toBe(200);
});
