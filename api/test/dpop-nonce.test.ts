import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { runCommand } from './command.ts';
import { signProof } from './credentials.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

// Row 20: whoever could use the key of a session for a moment cannot keep proofs for later.

const minute = 60_000;
const query = '{ viewer { name } }';

let cloud: TestCloud;
let instance: TestInstance;
let browser: TestBrowser;
let clockOffset = 0;

beforeAll(async () => {
  cloud = await TestCloud.start();
  const clock = { ...systemClock, now: () => Date.now() + clockOffset };
  instance = await TestInstance.start(
    cloud,
    { reach: { dpopNonce: true }, allowedOrigins: ['https://a.test'] },
    { clock },
  );
  await instance.untilRegistered();
  browser = await TestBrowser.create(instance, { exp: Math.floor(Date.now() / 1_000) + 3_600 });
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

/** Asks with a proof that is right but for its nonce. */
async function askWith(nonce: unknown, headers: Record<string, string> = {}) {
  const accessToken = await cloud.accessToken(browser.key, browser.claims);
  const dpop = await signProof({
    key: browser.key,
    accessToken,
    url: `${instance.url}/graphql`,
    now: Math.floor((Date.now() + clockOffset) / 1_000),
    claims: { nonce },
  });
  return instance.anonymously(query, { authorization: `DPoP ${accessToken}`, dpop, ...headers });
}

test('row 20: a proof without the nonce is challenged, one with it is accepted', async () => {
  const { status, code, headers, data } = await askWith(undefined);
  expect([status, code, data]).toEqual([401, 'use_dpop_nonce', undefined]);
  expect(headers.get('www-authenticate')).toMatch(
    /^DPoP error="use_dpop_nonce", error_description="[^"]+", /,
  );
  const nonce = headers.get('dpop-nonce');
  expect(nonce).toMatch(/^[\w-]{22}$/);
  const second = await askWith(nonce);
  expect(second.data).toEqual({ viewer: { name: 'Ann' } });
  expect(second.headers.get('dpop-nonce')).toBe(nonce);
});

test('row 20: another nonce is as good as none', async () => {
  for (const nonce of ['A'.repeat(22), '', 7, null, ['x']]) {
    const { status, code } = await askWith(nonce);
    expect([status, code], String(nonce)).toEqual([401, 'use_dpop_nonce']);
  }
});

test('row 20: it changes, each answer brings the next, and an old one ends', async () => {
  const first = (await askWith(undefined)).headers.get('dpop-nonce');
  clockOffset += 2 * minute;
  const later = await askWith(first);
  expect(later.status).toBe(200);
  expect(later.headers.get('dpop-nonce')).not.toBe(first);
  clockOffset += 2 * minute;
  expect(await askWith(first)).toMatchObject({ status: 401, code: 'use_dpop_nonce' });
});

test('row 20: pages of allowed origins can read it, and others get none', async () => {
  const allowed = await askWith(undefined, { origin: 'https://a.test' });
  expect(allowed.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce');
  const foreign = await askWith(undefined, { origin: 'https://b.test' });
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get('dpop-nonce')).toBeNull();
});

test('row 20: whoever lacks the key is not asked for a nonce, but refused and counted', async () => {
  const thief = await TestBrowser.create(instance);
  const accessToken = await cloud.accessToken(browser.key, browser.claims);
  const dpop = await signProof({
    key: thief.key,
    accessToken,
    url: `${instance.url}/graphql`,
    now: Math.floor((Date.now() + clockOffset) / 1_000),
  });
  const answer = await instance.anonymously(query, { authorization: `DPoP ${accessToken}`, dpop });
  expect(answer).toMatchObject({ status: 401, code: 'invalid_dpop_proof' });
});

test('without a token there is no nonce', async () => {
  const { headers, status } = await instance.anonymously('{ instance { state } }');
  expect(status).toBe(200);
  expect(headers.get('dpop-nonce')).toBeNull();
});

test('it is off unless somebody turns it on', async () => {
  await using other = await TestInstance.start(cloud);
  await other.untilRegistered();
  const someone = await TestBrowser.create(other);
  const { status, headers } = await someone.ask(query);
  expect(status).toBe(200);
  expect(headers.get('dpop-nonce')).toBeNull();
  expect((await runCommand(['serve', '--help'])).output).toContain('HOLDFAST_DPOP_NONCE');
});

test('row 20: a proof that was used before a restart is not used again', async () => {
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  await using restarted = await TestInstance.start(cloud, {}, { clock });
  await restarted.untilRegistered();
  const someone = await TestBrowser.create(restarted, { exp: Math.floor(Date.now() / 1_000) + 3_600 });
  const accessToken = await cloud.accessToken(someone.key, someone.claims);
  const authorization = `DPoP ${accessToken}`;
  const proofMade = async (seconds: number, nonce?: string) =>
    signProof({
      ...{ key: someone.key, accessToken, url: `${restarted.url}/graphql` },
      now: Math.floor(clock.now() / 1_000) + seconds,
      claims: { nonce },
    });
  const send = async (dpop: string) => restarted.anonymously(query, { authorization, dpop });
  // One of a clock that is as far ahead as it may be.
  const proofs = [await proofMade(0), await proofMade(59)];
  restarted.config = { ...restarted.config, listen: { host: '127.0.0.1', port: portOf(restarted.url) } };
  for (const proof of proofs) expect((await send(proof)).status).toBe(200);
  await restarted.down();
  await restarted.up({ clock });
  for (const proof of proofs) {
    const { status, code } = await send(proof);
    expect([status, code]).toEqual([401, 'use_dpop_nonce']);
  }
  // Who has the key only hears what the next proof needs, whatever its clock says.
  expect((await someone.ask(query)).data).toEqual({ viewer: { name: 'Ann' } });
  const { headers } = await send(await proofMade(0));
  const nonce = headers.get('dpop-nonce') ?? '';
  for (const seconds of [-50, 50]) expect((await send(await proofMade(seconds, nonce))).status).toBe(200);

  // Once no proof from before is young enough, none is asked for.
  ahead += 65_000;
  expect((await send(await proofMade(0))).status).toBe(200);
  expect((await send(await proofMade(-50))).code).toBe('use_dpop_nonce');
  ahead += 60_000;
  const { status, headers: late } = await send(await proofMade(-50));
  expect([status, late.get('dpop-nonce')]).toEqual([200, null]);
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}
