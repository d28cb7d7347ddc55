import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createInvite } from '../src/accounts/create-invite.ts';
import { passwordHashing } from '../src/accounts/password-hashing.ts';
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

/** As many wait in this process, which is the cloud's too, as may: whoever else comes is sent away. */
function keepHashingBusy(): { end: () => Promise<void> } {
  const over = new AbortController();
  const others = Array.from({ length: 42 }, async () => {
    while (!over.signal.aborted) await passwordHashing.hash('x');
  });
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
