import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answerOf, company, deviceCodeGrant, webClientId } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

// What a page of any origin can have its visitor's browser ask with CORS.

vi.setConfig({ testTimeout: 180_000 });

beforeEach(() => moveClock(0));
afterEach(() => vi.useRealTimers());

const own = { origin: 'http://127.0.0.1:8080' };
const hostile = (number: number) => ({
  origin: `https://page-${number}.evil.test`,
  'sec-fetch-site': 'cross-site',
});

async function openCompany(cloud: TestCloud) {
  const { instance, account, browser } = await company(cloud);
  const askForLogin = async (headers: Record<string, string>) =>
    browser.requestDeviceCode({ resource: instance.resource }, headers);
  const poll = async (headers: Record<string, string>, deviceCode = 'x'.repeat(43)) =>
    cloud.postForm(
      '/token',
      { client_id: webClientId, grant_type: deviceCodeGrant, device_code: deviceCode },
      { dpop: await browser.proof(), ...headers },
    );
  /** The whole sign-in of a page; throws if it is refused. */
  const signIn = async (headers: Record<string, string>) => {
    const { status, body } = await answerOf(askForLogin(headers));
    if (status !== 200) throw new Error(`/device/auth: ${status}`);
    await account.approve(body);
    return (await poll(headers, body.device_code)).status;
  };
  return { askForLogin, poll, signIn };
}

/** Asks until it is refused, and says how often that went well. */
async function untilRefused(ask: () => Promise<Response>): Promise<number> {
  for (let count = 0; ; count += 1) {
    const response = await ask();
    await response.arrayBuffer();
    if (response.status === 429) return count;
  }
}

describe('row 63: hostile pages', () => {
  test('use up the sign-ins that unknown pages have, one half of them; known pages and programs go on', async () => {
    await using cloud = await TestCloud.start();
    const { askForLogin, signIn } = await openCompany(cloud);
    expect(await signIn(own)).toBe(200);
    expect(await untilRefused(async () => askForLogin(hostile(1)))).toBe(60);
    // The first sign-in at a new instance, while one hostile page is open.
    expect((await askForLogin({ origin: 'http://192.168.1.7:8080' })).status).toBe(200);
    // Two of the 120 were such.
    expect(await untilRefused(async () => askForLogin(hostile(2)))).toBe(58);
    const { status, body, headers } = await answerOf(askForLogin(hostile(3)));
    expect([status, body.error]).toEqual([429, 'temporarily_unavailable']);
    expect(body.error_description).toContain('Close those that you do not know');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await signIn(own)).toBe(200);
    expect((await askForLogin({})).status).toBe(200);
    moveClock(61);
    expect((await askForLogin(hostile(1))).status).toBe(200);
  });

  test('use up no token requests but those of unknown pages', async () => {
    await using cloud = await TestCloud.start();
    const { poll, signIn } = await openCompany(cloud);
    expect(await signIn(own)).toBe(200);
    const flood = async (origin: Record<string, string>) =>
      untilRefused(async () => cloud.postForm('/token', { client_id: webClientId }, origin));
    expect(await Promise.all([1, 2].map(async (number) => flood(hostile(number))))).toEqual([1_500, 1_500]);
    expect((await poll(hostile(3))).status).toBe(429);
    expect(await signIn(own)).toBe(200);
  });

  test('whatever has no origin of a page counts as one', async () => {
    await using cloud = await TestCloud.start();
    const { askForLogin } = await openCompany(cloud);
    expect(await untilRefused(async () => askForLogin({ origin: 'null' }))).toBe(60);
    expect((await askForLogin({ origin: 'x'.repeat(1_000) })).status).toBe(429);
    expect((await askForLogin({ origin: 'https://evil.test/' })).status).toBe(429);
    expect((await askForLogin(hostile(1))).status).toBe(200);
  });

  test('whoever makes pages known has 120 sign-ins in each, and 480 in all', async () => {
    await using cloud = await TestCloud.start();
    const { askForLogin, signIn } = await openCompany(cloud);
    const counts: number[] = [];
    for (const number of [1, 2, 3, 4, 5]) expect(await signIn(hostile(number))).toBe(200);
    moveClock(61);
    for (const number of [1, 2, 3, 4, 5])
      counts.push(await untilRefused(async () => askForLogin(hostile(number))));
    expect(counts).toEqual([120, 120, 120, 120, 0]);
  });

  test('pages from which somebody has signed in are known to a cloud that has started anew', async () => {
    await using cloud = await TestCloud.start();
    const { askForLogin, signIn } = await openCompany(cloud);
    expect(await signIn(own)).toBe(200);
    await cloud.restart();
    await untilRefused(async () => askForLogin(hostile(1)));
    await untilRefused(async () => askForLogin(hostile(2)));
    expect(await signIn(own)).toBe(200);
  });
});
