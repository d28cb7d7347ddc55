import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createInvite } from '../src/accounts/create-invite.ts';
import { passwordHashing } from '../src/accounts/password-hashing.ts';
import { onBehalfOf } from '../src/http/requester.ts';
import { company, password, TestAccount } from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

// scrypt is what an attacker can have the cloud do that takes longest. The cloud stands behind a proxy here, so that the
// tests have addresses.

vi.setConfig({ testTimeout: 60_000 });

const from = (address: string) => ({ 'x-forwarded-for': address });

let cloud: TestCloud;

beforeEach(async () => {
  cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
});

afterEach(async () => cloud[Symbol.asyncDispose]());

const signIn = async (address: string, email = 'nobody@example.test') =>
  cloud.post('/api/auth/sign-in/email', { email, password }, { origin: cloud.url, ...from(address) });

/** As many networks wait in this process, which is the cloud's too, as may: whoever else comes is sent away. */
function keepHashingBusy(): { end: () => Promise<void> } {
  const over = new AbortController();
  const others = Array.from({ length: 42 }, async (_, index) =>
    onBehalfOf(
      { address: `${index}`, networks: [`network ${index}`], signal: new AbortController().signal },
      async () => {
        while (!over.signal.aborted) await passwordHashing.hash('x');
      },
    ),
  );
  return {
    end: async () => {
      over.abort();
      await Promise.all(others);
    },
  };
}

function tally(responses: readonly Response[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** A password that is refused for its length: it counts as well. */
const tryPassword = async (account: TestAccount, address: string) =>
  account.post('/api/account/password', { password: 'short' }, from(address));

test('row 55: one account enters 20 passwords in five minutes, from wherever it does', async () => {
  const ann = await TestAccount.signUp(cloud);
  const flood = Array.from({ length: 40 }, async (_, index) => tryPassword(ann, `198.51.100.${index}`));
  const responses = await Promise.all(flood);
  expect(tally(responses)).toEqual({ 400: 20, 429: 20 });
  const refused = responses.find(({ status }) => status === 429);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await ann.post('/api/account/confirmation', { password }, from('192.0.2.1'))).status).toBe(429);
});

test('row 55: all accounts at one address enter 60, and elsewhere they go on', async () => {
  const everybody = [];
  for (let index = 0; index < 5; index += 1) everybody.push(await TestAccount.signUp(cloud, `a${index}`));
  const flood = everybody.flatMap((account) => Array<TestAccount>(15).fill(account));
  const responses = await Promise.all(flood.map(async (account) => tryPassword(account, '198.51.100.66')));
  expect(tally(responses)).toEqual({ 400: 60, 429: 15 });
  expect((await tryPassword(everybody[4] as TestAccount, '192.0.2.1')).status).toBe(400);
});

test('row 55: of a flood of sign-ins from everywhere some are sent away, and people who are signed in go on', async () => {
  const { instance, account, browser } = await company(cloud);
  const flood = Array.from({ length: 80 }, async (_, index) => signIn(`198.51.100.${index}`));
  const startedAt = performance.now();
  expect((await browser.signIn(instance, account)).token_type).toBe('DPoP');
  const signInMilliseconds = performance.now() - startedAt;
  const responses = await Promise.all(flood);
  const floodMilliseconds = performance.now() - startedAt;
  const counts = tally(responses);
  expect(Object.keys(counts)).toEqual(['401', '503']);
  expect(counts[401]).toBeGreaterThanOrEqual(42);
  const sentAway = responses.find(({ status }) => status === 503);
  expect(await sentAway?.json()).toMatchObject({ code: 'temporarily_unavailable' });
  expect(sentAway?.headers.get('retry-after')).toBe('5');
  expect(signInMilliseconds).toBeLessThan(floodMilliseconds);
  expect((await signIn('192.0.2.1', account.email)).status).toBe(200);
});

/** Keeps forty sign-ins from one /56 waiting, each from a /64 of its own; whoever is sent away comes again. */
function floodFromOneSubscriber(): { end: () => Promise<void> } {
  const over = new AbortController();
  let next = 0;
  const flood = Array.from({ length: 42 }, async () => {
    while (!over.signal.aborted)
      await (await signIn(`2001:db8:0:${(next++ % 256).toString(16)}::1`)).arrayBuffer();
  });
  return {
    end: async () => {
      over.abort();
      await Promise.all(flood);
    },
  };
}

test('row 55: whoever floods the cloud from a /56 keeps nobody else from signing in', async () => {
  const ann = await TestAccount.signUp(cloud);
  const flood = floodFromOneSubscriber();
  const honest = Array.from({ length: 15 }, async (_, index) => {
    await sleep(300 + index * 100);
    const startedAt = performance.now();
    const { status } = await signIn(`192.0.2.${index}`, ann.email);
    return { status, milliseconds: performance.now() - startedAt };
  });
  const outcomes = await Promise.all(honest);
  await flood.end();
  expect(outcomes.map(({ status }) => status)).toEqual(Array<number>(15).fill(200));
  // Forty before one would take two seconds at least.
  expect(Math.max(...outcomes.map(({ milliseconds }) => milliseconds))).toBeLessThan(1_900);
});

test('row 55: sign-ins that were given up take nobody’s time', async () => {
  const ann = await TestAccount.signUp(cloud);
  const givenUp = new AbortController();
  const flood = Array.from({ length: 40 }, async (_, index) =>
    cloud
      .get('/api/auth/sign-in/email', {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: cloud.url, ...from(`198.51.100.${index}`) },
        body: JSON.stringify({ email: 'nobody@example.test', password }),
        signal: givenUp.signal,
      })
      .catch(() => undefined),
  );
  await sleep(300);
  givenUp.abort();
  await Promise.all(flood);
  const startedAt = performance.now();
  expect((await signIn('192.0.2.1', ann.email)).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test('row 55: a sign-up that is sent away does not use its invitation up', async () => {
  cloud.config = { ...cloud.config, signUp: 'invite' };
  await cloud.restart();
  const invite = new URL(await createInvite(cloud.config.dataPath, 1)).hash.slice('#link='.length);
  const signUp = async () =>
    cloud.post(
      '/api/auth/sign-up/email',
      { name: 'ann', email: 'ann@example.test', password: 'mauve otter paints tuba', invite },
      { origin: cloud.url },
    );
  const others = keepHashingBusy();
  expect((await signUp()).status).toBe(503);
  await others.end();
  expect((await signUp()).status).toBe(200);
});
