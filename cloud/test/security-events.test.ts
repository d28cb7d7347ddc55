import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { lifetimeRanges } from '../src/lifetimes.ts';
import {
  claimsOf,
  company,
  type Members,
  type TestAccount,
  type TestBrowser,
  TestInstance,
  webClientId,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

interface Delivery {
  readonly sets: Record<string, string>;
  readonly moreAvailable: boolean;
}

let cloud: TestCloud;
let instance: TestInstance;
let account: TestAccount;
let browser: TestBrowser;
let token: string;

beforeAll(async () => {
  cloud = await TestCloud.start();
  ({ instance, account, browser } = await company(cloud));
  token = await instance.token();
});
afterAll(async () => cloud[Symbol.asyncDispose]());

async function poll(body: Members = {}, by = instance, bearer = token): Promise<Delivery> {
  const response = await by.call('POST', '/api/instance/events', bearer, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Delivery;
}

const immediately = { returnImmediately: true };

async function signOut(refreshToken: string): Promise<void> {
  const response = await cloud.postForm('/token/revocation', { client_id: webClientId, token: refreshToken });
  expect(response.status).toBe(200);
}

/** Acknowledges everything that is pending. */
async function drain(): Promise<void> {
  const { sets } = await poll(immediately);
  expect(await poll({ ...immediately, ack: Object.keys(sets) })).toEqual({ sets: {}, moreAvailable: false });
}

test('row 28: whoever waits hears of a sign-out at once, in a token that names the sign-in', async () => {
  const tokens = await browser.signIn(instance, account);
  const waiting = poll();
  // The request has to be there first.
  await sleep(200);
  const begin = performance.now();
  await signOut(tokens.refresh_token);
  const { sets } = await waiting;
  expect(performance.now() - begin).toBeLessThan(1_000);
  const [[jti, set] = ['', ''], ...others] = Object.entries(sets);
  expect(others).toEqual([]);
  const { payload, protectedHeader } = await jwtVerify(
    set,
    createRemoteJWKSet(new URL(`${cloud.url}/jwks`)),
    {
      issuer: cloud.url,
      audience: instance.clientId,
      typ: 'secevent+jwt',
      algorithms: ['ES256'],
    },
  );
  expect(protectedHeader.kid).toEqual(expect.any(String));
  expect(payload).toEqual({
    iss: cloud.url,
    aud: instance.clientId,
    jti,
    iat: expect.any(Number),
    sub_id: { format: 'opaque', id: claimsOf(tokens).grant_id },
    events: {
      'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {
        event_timestamp: payload.iat,
      },
    },
  });
  await drain();
});

test('row 28: a replayed refresh token, which ends the family, is told as well', async () => {
  const first = await browser.signIn(instance, account);
  const second = (await (await browser.refresh(first.refresh_token)).json()) as typeof first;
  await browser.refresh(second.refresh_token);
  expect((await poll(immediately)).sets).toEqual({});
  moveClock(60);
  await browser.refresh(first.refresh_token);
  vi.useRealTimers();
  expect(Object.keys((await poll(immediately)).sets)).toHaveLength(1);
  await drain();
});

test('row 28: an instance that waits while it is removed hears of that at once', async () => {
  const removed = await TestInstance.register(cloud);
  const waiting = removed.call('POST', '/api/instance/events', await removed.token(), {});
  // The request has to be there first.
  await sleep(200);
  const { registration_client_uri: uri, registration_access_token: own } = removed.registration;
  const begin = performance.now();
  const deleted = await fetch(uri, { method: 'DELETE', headers: { authorization: `Bearer ${own}` } });
  expect(deleted.status).toBe(204);
  expect((await waiting).status).toBe(401);
  expect(performance.now() - begin).toBeLessThan(1_000);
});

test('an event comes again until it is acknowledged, also after a restart, and never to another instance', async () => {
  const tokens = await browser.signIn(instance, account);
  await signOut(tokens.refresh_token);
  const { sets } = await poll(immediately);
  expect(Object.keys(sets)).toHaveLength(1);
  await cloud.restart();
  token = await instance.token();
  expect((await poll(immediately)).sets).toEqual(sets);

  const other = await TestInstance.register(cloud);
  const otherToken = await other.token();
  expect((await poll(immediately, other, otherToken)).sets).toEqual({});
  await poll({ ...immediately, ack: Object.keys(sets) }, other, otherToken);
  expect((await poll(immediately)).sets).toEqual(sets);

  const setErrs = Object.fromEntries(Object.keys(sets).map((jti) => [jti, { err: 'invalid_request' }]));
  expect((await poll({ ...immediately, setErrs })).sets).toEqual({});
});

test('no more than asked for come at once, oldest first', async () => {
  const grants: unknown[] = [];
  for (let count = 0; count < 3; count += 1) {
    const tokens = await browser.signIn(instance, account);
    grants.push(claimsOf(tokens).grant_id);
    await signOut(tokens.refresh_token);
  }
  const seen: unknown[] = [];
  let ack: string[] = [];
  for (let more = true; more; ) {
    const { sets, moreAvailable } = await poll({ ...immediately, maxEvents: 1, ack });
    ack = Object.keys(sets);
    expect(ack).toHaveLength(1);
    for (const set of Object.values(sets))
      seen.push((claimsOf({ access_token: set }).sub_id as { id: string }).id);
    more = moreAvailable;
  }
  expect(seen).toEqual(grants);
  await drain();
});

test('row 28: is kept while an access token may live that was promised more before a restart, and a minute', async () => {
  const tokens = await browser.signIn(instance, account);
  moveClock(0);
  await signOut(tokens.refresh_token);
  moveClock(lifetimeRanges.access_token.longest + 59);
  token = await instance.token();
  expect(Object.keys((await poll(immediately)).sets)).toHaveLength(1);
  moveClock(1);
  expect((await poll(immediately)).sets).toEqual({});
  vi.useRealTimers();
  token = await instance.token();
  await drain();
});

test('a stop of the cloud lets nobody wait', async () => {
  const waiting = poll();
  await sleep(200);
  const begin = performance.now();
  await Promise.all([cloud.restart(), waiting]);
  expect(performance.now() - begin).toBeLessThan(5_000);
  token = await instance.token();
});

test.each<[string, unknown]>([
  ['no list', { ack: 'x' }],
  ['names that are none', { ack: [1] }],
  ['too many', { ack: Array.from({ length: 101 }, (_, index) => String(index)) }],
  ['a negative number', { maxEvents: -1 }],
  ['no object', { setErrs: 1 }],
  ['no boolean', { returnImmediately: 'yes' }],
])('bad input is answered with what is expected: %s', async (_what, body) => {
  const response = await instance.call('POST', '/api/instance/events', token, body);
  expect(response.status).toBe(400);
  expect(((await response.json()) as Members).error_description).toContain('RFC 8936');
});

test('nobody but an instance hears anything', async () => {
  const { access_token } = await browser.signIn(instance, account);
  for (const bearer of ['x', access_token]) {
    expect((await instance.call('POST', '/api/instance/events', bearer, {})).status).toBe(401);
  }
});
