import { beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, stopClock, until } from '../../test/clock.ts';
import { proofOf } from '../../test/dpop-proofs.ts';
import { type Answer, json, silence } from '../../test/fake-network.ts';
import { clearKeys, refuseKeys, storedKeys } from '../../test/idb-keyval-in-memory.ts';
import { baseUrl, storeSession } from '../../test/sessions.ts';
import {
  clientId,
  issuer,
  lifetimes,
  metadata,
  refusal,
  resource,
  routes,
  TestCloud,
  tokens,
} from '../../test/test-cloud.ts';
import { deleteDpopKey } from './dpop-key.ts';
import { refreshSession } from './refresh.ts';
import { signOut } from './sign-out.ts';
import { readSession, type StoredSession, saveSession } from './token-store.ts';

const start = Date.UTC(2026, 10, 23, 12);
const stale = 'access-token-1';

let cloud: TestCloud;

beforeEach(() => {
  stopClock();
  vi.setSystemTime(start);
  cloud = new TestCloud();
});

const refresh = () => refreshSession(baseUrl, stale, cloud);

/** An answer that is given when the test says so. */
function heldAnswer(answer: Answer): { answer: Answer; give: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    answer: async (request) => {
      await promise;
      return await answer(request);
    },
    give: resolve,
  };
}

/** The same app in another tab: modules of its own, the same storage and locks. */
async function openOtherTab(): Promise<typeof import('./refresh.ts')> {
  vi.resetModules();
  return await import('./refresh.ts');
}

describe('a refresh', () => {
  it('sends the refresh token with a proof of the key of the session', async () => {
    const session = await storeSession();
    await refresh();
    const [request] = cloud.tokenRequests;
    if (!request) throw new Error('The cloud was not asked.');
    expect(Object.fromEntries(request.form)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-token-1',
      client_id: clientId,
      resource,
    });
    const { header, claims } = await proofOf(request);
    expect(claims).toMatchObject({ htm: 'POST', htu: `${issuer}/token` });
    const pair = new Map(storedKeys()).get(session.dpopKeyId) as CryptoKeyPair;
    const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
    expect(header.jwk).toMatchObject({ x, y });
  });

  it('stores the new tokens and their ends', async () => {
    const session = await storeSession();
    vi.setSystemTime(start + 240_000);
    const renewed = {
      ...session,
      accessToken: 'access-token-2',
      accessTokenIssuedAt: start + 240_000,
      accessTokenExpiresAt: start + 240_000 + 300_000,
      refreshToken: 'refresh-token-2',
      refreshTokenExpiresAt: start + 240_000 + lifetimes.refreshTokenIdle * 1_000,
    };
    await expect(refresh()).resolves.toEqual({ outcome: 'renewed', session: renewed });
    expect(readSession(baseUrl).session).toEqual(renewed);
  });

  it('has saved the rotated refresh token before anybody gets the new access token', async () => {
    await storeSession();
    const storedAtEnd = refresh().then(() => localStorage.getItem(`holdfast.session.${baseUrl}`));
    await expect(storedAtEnd).resolves.toContain('refresh-token-2');
  });

  it('keeps the refresh token where the cloud does not rotate it', async () => {
    await storeSession();
    cloud.answer(routes.token, tokens({ refresh_token: undefined }));
    await refresh();
    expect(readSession(baseUrl).session).toMatchObject({
      accessToken: 'access-token-2',
      refreshToken: 'refresh-token-1',
    });
  });

  it('never moves the absolute end', async () => {
    await storeSession({ refreshTokenAbsoluteExpiresAt: start + 1_000_000 });
    await refresh();
    expect(readSession(baseUrl).session).toMatchObject({
      refreshTokenExpiresAt: start + 1_000_000,
      refreshTokenAbsoluteExpiresAt: start + 1_000_000,
    });
  });

  it('repeats itself once with the nonce that the cloud asks for', async () => {
    await storeSession();
    cloud.answer(routes.token, refusal('use_dpop_nonce', undefined, { 'dpop-nonce': 'nonce-1' }), tokens());
    await expect(refresh()).resolves.toMatchObject({ outcome: 'renewed' });
    const proofs = await Promise.all(cloud.tokenRequests.map(proofOf));
    expect(proofs.map(({ claims }) => claims.nonce)).toEqual([undefined, 'nonce-1']);
  });
});

describe('one request', () => {
  it('serves everybody in a tab who asks at once', async () => {
    await storeSession();
    const outcomes = await Promise.all([refresh(), refresh(), refresh()]);
    expect(cloud.tokenRequests).toHaveLength(1);
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
  });

  it('is all that a cloud which is away gets from a tab, however many ask at once', async () => {
    await storeSession();
    cloud.answer(routes.metadata, silence);
    await Promise.all([refresh(), refresh(), refresh()]);
    expect(cloud.requests).toHaveLength(1);
  });

  it('serves two tabs that ask at once', async () => {
    await storeSession();
    const held = heldAnswer(tokens());
    cloud.answer(routes.token, held.answer);
    const otherTab = await openOtherTab();
    const here = refresh();
    await until(() => cloud.tokenRequests.length === 1);
    const there = otherTab.refreshSession(baseUrl, stale, cloud);
    await settle();
    held.give();
    await expect(here).resolves.toMatchObject({ session: { accessToken: 'access-token-2' } });
    await expect(there).resolves.toMatchObject({ session: { accessToken: 'access-token-2' } });
    expect(cloud.tokenRequests).toHaveLength(1);
  });

  it('is sent inside the Web Lock of the instance', async () => {
    await storeSession();
    const { promise: unlocked, resolve: unlock } = Promise.withResolvers<void>();
    const holder = navigator.locks.request(`holdfast.refresh.${baseUrl}`, () => unlocked);
    const outcome = refresh();
    await settle();
    expect(cloud.requests).toEqual([]);
    unlock();
    await holder;
    await expect(outcome).resolves.toMatchObject({ outcome: 'renewed' });
  });

  it('does not hold up another instance', async () => {
    await storeSession();
    await storeSession({}, 'https://other.test');
    const holder = navigator.locks.request(`holdfast.refresh.${baseUrl}`, () => new Promise(() => {}));
    await expect(refreshSession('https://other.test', stale, cloud)).resolves.toMatchObject({
      outcome: 'renewed',
    });
    void holder;
  });
});

it('takes over the newer tokens of another tab instead of asking', async () => {
  const session = await storeSession();
  const newer: StoredSession = { ...session, accessToken: 'access-token-9', refreshToken: 'refresh-token-9' };
  localStorage.setItem(`holdfast.session.${baseUrl}`, JSON.stringify(newer));
  await expect(refresh()).resolves.toEqual({ outcome: 'renewed', session: newer });
  expect(cloud.requests).toEqual([]);
});

it('asks nobody when another tab has signed out meanwhile', async () => {
  localStorage.setItem(
    `holdfast.signed-out-reason.${baseUrl}`,
    JSON.stringify({ code: 'invalid_grant', message: 'You were signed out.' }),
  );
  await expect(refresh()).resolves.toEqual({
    outcome: 'ended',
    reason: { code: 'invalid_grant', message: 'You were signed out.' },
  });
  expect(cloud.requests).toEqual([]);
});

describe('a refusal', () => {
  it.each([
    ['invalid_grant', undefined, 'no longer accepts your sign-in'],
    ['access_denied', 'You left the workspace.', 'You left the workspace.'],
    ['invalid_target', 'Unknown instance.', 'Unknown instance.'],
    ['invalid_client', undefined, 'invalid_client'],
    ['unauthorized_client', undefined, 'unauthorized_client'],
  ])('%s ends the session, with its reason, and deletes the key', async (error, description, words) => {
    await storeSession();
    cloud.answer(routes.token, refusal(error, description));
    const reason = { code: error, message: expect.stringContaining(words) };
    await expect(refresh()).resolves.toEqual({ outcome: 'ended', reason });
    expect(readSession(baseUrl)).toEqual({ session: undefined, signedOutReason: reason });
    await settle();
    expect(storedKeys()).toEqual([]);
  });

  it.each([
    ['after the longest lifetime', { refreshTokenAbsoluteExpiresAt: start - 1 }, 'longest lifetime'],
    ['after a long time without use', { refreshTokenExpiresAt: start - 1 }, 'for too long'],
  ])('invalid_grant %s says so', async (_, ends, words) => {
    await storeSession(ends);
    cloud.answer(routes.token, refusal('invalid_grant'));
    await refresh();
    expect(readSession(baseUrl).signedOutReason?.message).toContain(words);
  });

  it.each(['invalid_dpop_proof', 'invalid_request', 'use_dpop_nonce', 'server_error'])(
    '%s can pass and ends nothing',
    async (error) => {
      const session = await storeSession();
      cloud.answer(routes.token, refusal(error, undefined, { 'dpop-nonce': 'nonce-1' }));
      await expect(refresh()).resolves.toMatchObject({ outcome: 'postponed', error: { code: error } });
      expect(readSession(baseUrl).session).toEqual(session);
      expect(storedKeys()).toHaveLength(1);
    },
  );
});

describe('a cloud that does not answer properly ends nothing', () => {
  it.each([
    ['silence', routes.token, silence, 'cloud-unreachable'],
    ['silence about its metadata', routes.metadata, silence, 'cloud-unreachable'],
    [
      'an error of the server',
      routes.token,
      json({ error: 'invalid_grant' }, { status: 500 }),
      'cloud-unreachable',
    ],
    [
      'too many requests',
      routes.token,
      json({ error: 'invalid_grant' }, { status: 429 }),
      'cloud-unreachable',
    ],
    ['a page', routes.token, () => new Response('<html>'), 'invalid-cloud-response'],
    [
      'the metadata of another issuer',
      routes.metadata,
      json(metadata({ issuer: 'https://attacker.test' })),
      'invalid-cloud-response',
    ],
    ['tokens that anybody could use', routes.token, tokens({ token_type: 'Bearer' }), 'unbound-tokens'],
  ])('%s', async (_, route, answer, code) => {
    const session = await storeSession();
    cloud.answer(route, answer);
    await expect(refresh()).resolves.toMatchObject({ outcome: 'postponed', error: { code } });
    expect(readSession(baseUrl).session).toEqual(session);
    expect(storedKeys()).toHaveLength(1);
  });

  it('and the next try works', async () => {
    await storeSession();
    cloud.answer(routes.token, silence, tokens());
    await refresh();
    await expect(refresh()).resolves.toMatchObject({ outcome: 'renewed' });
  });
});

describe('the key', () => {
  it('that was cleared ends the session without a request', async () => {
    const { dpopKeyId } = await storeSession();
    await deleteDpopKey(dpopKeyId);
    clearKeys();
    await expect(refresh()).resolves.toMatchObject({
      outcome: 'ended',
      reason: { code: 'dpop-key-missing' },
    });
    expect(readSession(baseUrl).signedOutReason?.code).toBe('dpop-key-missing');
    expect(cloud.requests).toEqual([]);
  });

  it('that cannot be read at the moment ends nothing', async () => {
    const session = await storeSession({ dpopKeyId: 'key-of-yesterday' });
    refuseKeys();
    await expect(refresh()).resolves.toMatchObject({
      outcome: 'postponed',
      error: { code: 'storage-unavailable' },
    });
    expect(readSession(baseUrl).session).toEqual(session);
  });
});

describe('while the cloud is answering', () => {
  it('a sign-out wins: the new tokens are revoked and not stored', async () => {
    await storeSession();
    const held = heldAnswer(tokens());
    cloud.answer(routes.token, held.answer);
    const outcome = refresh();
    await until(() => cloud.tokenRequests.length === 1);
    await signOut(baseUrl, cloud);
    held.give();
    await expect(outcome).resolves.toEqual({ outcome: 'ended', reason: undefined });
    expect(readSession(baseUrl).session).toBeUndefined();
    const revoked = cloud.requestsOf(routes.revocation).map(({ form }) => form.get('token'));
    expect(revoked).toEqual(['refresh-token-1', 'refresh-token-2']);
  });

  it('a new sign-in wins', async () => {
    const session = await storeSession();
    const held = heldAnswer(tokens());
    cloud.answer(routes.token, held.answer);
    const outcome = refresh();
    await until(() => cloud.tokenRequests.length === 1);
    const ofAnotherKey = {
      accessToken: 'access-token-9',
      refreshToken: 'refresh-token-9',
      dpopKeyId: 'key-9',
    };
    const anew = { ...session, ...ofAnotherKey };
    saveSession(baseUrl, anew);
    held.give();
    await expect(outcome).resolves.toEqual({ outcome: 'renewed', session: anew });
    expect(readSession(baseUrl).session).toEqual(anew);
    expect(cloud.requestsOf(routes.revocation).map(({ form }) => form.get('token'))).toEqual([
      'refresh-token-2',
    ]);
  });
});

// What one tab writes into localStorage, another one may read only later, although the Web Lock has passed on.
describe('a tab that has read the session of before another tab renewed it', () => {
  it.each([
    ['the same refresh token as that tab', 'refresh-token-2'],
    ['a refresh token that is behind by now', 'refresh-token-3'],
  ])('and gets %s, revokes nothing and takes over what is stored', async (_, refreshToken) => {
    const session = await storeSession();
    const held = heldAnswer(tokens());
    cloud.answer(routes.token, held.answer);
    const outcome = refresh();
    await until(() => cloud.tokenRequests.length === 1);
    const newer = { ...session, accessToken: 'access-token-9', refreshToken };
    localStorage.setItem(`holdfast.session.${baseUrl}`, JSON.stringify(newer));
    held.give();
    await expect(outcome).resolves.toEqual({ outcome: 'renewed', session: newer });
    expect(readSession(baseUrl).session).toEqual(newer);
    expect(cloud.requestsOf(routes.revocation)).toEqual([]);
  });

  it('and is refused, signs nobody out', async () => {
    const session = await storeSession();
    const held = heldAnswer(refusal('invalid_grant'));
    cloud.answer(routes.token, held.answer);
    const outcome = refresh();
    await until(() => cloud.tokenRequests.length === 1);
    const newer = { ...session, accessToken: 'access-token-9', refreshToken: 'refresh-token-3' };
    localStorage.setItem(`holdfast.session.${baseUrl}`, JSON.stringify(newer));
    held.give();
    await expect(outcome).resolves.toEqual({ outcome: 'renewed', session: newer });
    expect(readSession(baseUrl).session).toEqual(newer);
    expect(storedKeys()).toHaveLength(1);
  });
});

it('needs a secure context', async () => {
  await storeSession();
  Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
  await expect(refresh()).rejects.toMatchObject({ code: 'insecure-context' });
});
