import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { signProof } from './credentials.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

// The requests themselves play the proxy's part: each names the address that it is to count for.

let cloud: TestCloud;
let instance: TestInstance;
/** Stands still unless a test moves it, so that nothing comes back while the requests run. */
let now = Date.now();

beforeAll(async () => {
  cloud = await TestCloud.start();
  const clock = { ...systemClock, now: () => now };
  instance = await TestInstance.start(cloud, { reach: { trustedProxies: ['127.0.0.1/32'] } }, { clock });
  await instance.untilRegistered();
});

afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

const times = async <Value>(count: number, send: () => Promise<Value>) =>
  Promise.all(Array.from({ length: count }, send));
const statuses = (answers: { status: number }[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(answers, ({ status }) => status)).map(([status, all]) => [
      status,
      all?.length,
    ]),
  );

describe('row 37: requests of one address', () => {
  const ask = async (address: string) =>
    instance.anonymously('{ instance { state } }', { 'x-forwarded-for': address });

  test('without a token: 200 at once, then 100 a second', async () => {
    expect(statuses(await times(250, async () => ask('198.51.100.1')))).toEqual({ 200: 200, 429: 50 });
    const { headers, errors, code } = await ask('198.51.100.1');
    expect(code).toBe('too_many_requests');
    expect(errors[0]?.message).toBe('From your address came too many requests. Try again in a second.');
    expect(headers.get('retry-after')).toBe('1');
    now += 500;
    expect(statuses(await times(60, async () => ask('198.51.100.1')))).toEqual({ 200: 50, 429: 10 });
  });

  test('others are not hindered, and a network of IPv6 counts as one', async () => {
    await times(200, async () => ask('198.51.100.2'));
    expect((await ask('198.51.100.3')).status).toBe(200);
    await times(200, async () => ask('2001:db8::1'));
    expect((await ask('2001:db8::2')).status).toBe(429);
    expect((await ask('2001:db8:1::2')).status).toBe(200);
  });
});

describe('row 25: credentials that are refused', () => {
  const guess = async (address: string, authorization = 'DPoP nonsense') =>
    instance.anonymously('{ instance { state } }', { authorization, 'x-forwarded-for': address });

  test('50 at once, then 10 a second; a known token goes on all the while', async () => {
    const address = '198.51.100.4';
    const browser = await TestBrowser.create(instance);
    const accessToken = await cloud.accessToken(browser.key);
    const authorization = `DPoP ${accessToken}`;
    const url = `${instance.url}/graphql`;
    const answer = async () => {
      const dpop = await signProof({ key: browser.key, accessToken, url, now: Math.floor(now / 1_000) });
      return instance.anonymously('{ viewer { id } }', { authorization, dpop, 'x-forwarded-for': address });
    };
    expect((await answer()).status).toBe(200);

    const refused: number[] = [];
    for (let tries = 0; tries < 70; tries++) refused.push((await guess(address)).status);
    expect(refused).toEqual([...Array<number>(50).fill(401), ...Array<number>(20).fill(429)]);
    const { errors, headers } = await guess(address);
    expect(errors[0]?.message).toContain('too many credentials that were refused');
    expect(headers.get('retry-after')).toBe('1');

    expect((await answer()).status).toBe(200);
    expect((await guess('198.51.100.5')).status).toBe(401);
    now += 1_000;
    const later: number[] = [];
    for (let tries = 0; tries < 15; tries++) later.push((await guess(address)).status);
    expect(later).toEqual([...Array<number>(10).fill(401), ...Array<number>(5).fill(429)]);
  });

  test('a key that used up its share of proofs is told to wait, and is not counted', {
    timeout: 60_000,
  }, async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    const eager = await TestBrowser.create(instance, { sub: 'eager' });
    const other = await TestBrowser.create(instance, { sub: 'other' });
    const askAs = async (browser: TestBrowser) =>
      instance.anonymously('{ viewer { id } }', { ...(await browser.headers()), ...headers });
    // A ninth of what there is for those who sign in while nobody owns the instance.
    for (let batch = 0; batch < 23; batch += 1) await times(100, async () => askAs(eager));
    const refused = await askAs(eager);
    expect([refused.status, refused.code, refused.headers.get('retry-after')]).toEqual([
      ...[429, 'too_many_requests', '60'],
    ]);
    expect(refused.headers.get('www-authenticate')).toBeNull();
    expect((await askAs(other)).status).toBe(200);
    const refusals: number[] = [];
    for (let tries = 0; tries < 51; tries++) refusals.push((await guess('198.51.100.7')).status);
    expect(refusals).toEqual([...Array<number>(50).fill(401), 429]);
  });

  test('good ones never count', async () => {
    const browser = await TestBrowser.create(instance);
    const answers = await times(120, async () => {
      const headers = await browser.headers();
      return instance.anonymously('{ viewer { id } }', { ...headers, 'x-forwarded-for': '198.51.100.6' });
    });
    expect(statuses(answers)).toEqual({ 200: 120 });
    expect((await guess('198.51.100.6')).status).toBe(401);
  });

  test('a token with a new key is refused while a made-up one keeps it from being asked for, and says until when', async () => {
    const browser = await TestBrowser.create(instance);
    const url = `${instance.url}/graphql`;
    const answer = async () => {
      const accessToken = await cloud.accessToken(browser.key, {}, now);
      const dpop = await signProof({ key: browser.key, accessToken, url, now: Math.floor(now / 1_000) });
      const authorization = `DPoP ${accessToken}`;
      return instance.anonymously('{ viewer { id } }', {
        ...{ authorization, dpop, 'x-forwarded-for': '198.51.100.8' },
      });
    };
    now += 31_000;
    await cloud.rotateKeys();
    expect((await answer()).status).toBe(200);
    await cloud.rotateKeys();
    const { status, code, headers } = await answer();
    const wait = Number(headers.get('retry-after'));
    expect([status, code, wait]).toEqual([401, 'invalid_token', 31]);
    now += wait * 1_000;
    expect((await answer()).status).toBe(200);
  });
});
