// Each lifetime that the cloud publishes is a promise: what it issues is good until then, and not a second longer.

import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { defaultLifetimes, type TokenLifetimes } from '../src/lifetimes.ts';
import {
  answerOf,
  claimsOf,
  company,
  type TestAccount,
  type TestBrowser,
  type TestInstance,
  type Tokens,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

interface Published extends TokenLifetimes {
  readonly user_code: number;
}

let cloud: TestCloud;
let instance: TestInstance;
let account: TestAccount;
let browser: TestBrowser;
let published: Published;

beforeAll(async () => {
  cloud = await TestCloud.start({
    access_token: 61,
    refresh_token_idle: 100,
    refresh_token_absolute: 250,
    instance_token: 73,
    device_code: 47,
    device_poll_interval: 4,
  });
  ({ instance, account, browser } = await company(cloud));
  published = await publishedBy(cloud);
});

beforeEach(() => moveClock(0));
afterEach(() => vi.useRealTimers());
afterAll(async () => cloud[Symbol.asyncDispose]());

async function publishedBy(cloud: TestCloud): Promise<Published> {
  const response = await cloud.get('/.well-known/oauth-authorization-server');
  return ((await response.json()) as { holdfast_token_lifetimes: Published }).holdfast_token_lifetimes;
}

async function errorOf(response: Promise<Response>): Promise<string> {
  return (await answerOf(response)).body.error;
}

async function renewed(tokens: Tokens): Promise<Tokens> {
  const { status, body } = await answerOf(browser.refresh(tokens.refresh_token));
  expect(status).toBe(200);
  return body;
}

describe('an access token', () => {
  test.each([
    ['at the sign-in', async () => browser.signIn(instance, account)],
    ['by a renewal', async () => renewed(await browser.signIn(instance, account))],
  ])('issued %s', async (_when, issue) => {
    const tokens = await issue();
    const { iat, exp } = claimsOf(tokens) as { iat: number; exp: number };
    expect(tokens.expires_in).toBe(published.access_token);
    expect(exp - iat).toBe(published.access_token);
    expect(iat).toBe(Math.floor(Date.now() / 1_000));

    const judge = async () =>
      jwtVerify(tokens.access_token, createRemoteJWKSet(new URL('/jwks', cloud.url)), {
        issuer: cloud.url,
        audience: instance.resource,
      });
    moveClock(published.access_token - 1);
    await expect(judge()).resolves.toBeDefined();
    moveClock(1);
    await expect(judge()).rejects.toThrow('"exp" claim timestamp check failed');
  });
});

describe('row 17: a refresh token', () => {
  test('that is not used', async () => {
    const tokens = await browser.signIn(instance, account);
    moveClock(published.refresh_token_idle - 1);
    const next = await renewed(tokens);
    moveClock(published.refresh_token_idle);
    expect(await errorOf(browser.refresh(next.refresh_token))).toBe('invalid_grant');
  });

  test('that is used', async () => {
    let tokens = await browser.signIn(instance, account);
    for (const seconds of [90, 90, published.refresh_token_absolute - 181]) {
      moveClock(seconds);
      tokens = await renewed(tokens);
    }
    moveClock(1);
    expect(await errorOf(browser.refresh(tokens.refresh_token))).toBe('invalid_grant');
  });
});

test('an instance token', async () => {
  const { body } = await answerOf(instance.requestToken());
  expect(body.expires_in).toBe(published.instance_token);
  const statusOf = async () => (await instance.call('GET', '/api/instance', body.access_token)).status;
  const introspected = async () => {
    const response = cloud.postForm(
      '/token/introspection',
      { token: body.access_token },
      instance.credentials(),
    );
    return (await answerOf(response)).body;
  };
  const { iat, exp } = (await introspected()) as unknown as { iat: number; exp: number };
  expect(exp - iat).toBe(published.instance_token);

  moveClock(published.instance_token - 1);
  expect(await statusOf()).toBe(200);
  moveClock(1);
  expect(await statusOf()).toBe(401);
  expect(await introspected()).toEqual({ active: false });
});

describe('a device code', () => {
  test('that waits', async () => {
    const login = await browser.startLogin(instance);
    expect(login.expires_in).toBe(published.device_code);
    moveClock(published.device_code - 1);
    expect(await errorOf(browser.poll(login))).toBe('authorization_pending');
    moveClock(1);
    expect(await errorOf(browser.poll(login))).toBe('expired_token');
  });

  test('that was approved', async () => {
    const login = await browser.startLogin(instance);
    await account.approve(login);
    moveClock(published.device_code - 1);
    expect((await browser.poll(login)).status).toBe(200);

    const late = await browser.startLogin(instance);
    await account.approve(late);
    moveClock(published.device_code);
    expect(await errorOf(browser.poll(late))).toBe('expired_token');
  });
});

test('a user code', async () => {
  const { user_code } = await browser.startLogin(instance);
  moveClock(published.user_code - 1);
  const { status, body } = await answerOf(account.device('lookup', { user_code }));
  expect(status).toBe(200);
  expect(Date.parse(String(body.expires_at)) - Date.parse(String(body.requested_at))).toBe(
    published.user_code * 1_000,
  );
  moveClock(1);
  expect(await errorOf(account.device('lookup', { user_code }))).toBe('expired_token');
  expect(await errorOf(account.device('deny', { user_code }))).toBe('expired_token');
});

test('row 12: the interval between polls', async () => {
  const login = await browser.startLogin(instance);
  expect(login.interval).toBe(published.device_poll_interval);
  expect(await errorOf(browser.poll(login))).toBe('authorization_pending');
  moveClock(published.device_poll_interval);
  expect(await errorOf(browser.poll(login))).toBe('authorization_pending');
  moveClock(published.device_poll_interval - 1);
  expect(await errorOf(browser.poll(login))).toBe('slow_down');
  // RFC 8628 section 3.5: five seconds more from now on.
  moveClock(published.device_poll_interval + 4);
  expect(await errorOf(browser.poll(login))).toBe('slow_down');
  moveClock(published.device_poll_interval + 10);
  expect(await errorOf(browser.poll(login))).toBe('authorization_pending');
});

describe('another configuration', () => {
  test('holds for what is issued from then on', async () => {
    await using cloud = await TestCloud.start();
    const { instance } = await company(cloud);
    const before = await instance.token();
    cloud.config = { ...cloud.config, lifetimes: { ...defaultLifetimes, instance_token: 120 } };
    vi.useRealTimers();
    await cloud.restart();
    expect((await publishedBy(cloud)).instance_token).toBe(120);
    moveClock(0);
    const after = await instance.token();
    const statusOf = async (token: string) => (await instance.call('GET', '/api/instance', token)).status;
    moveClock(120);
    expect([await statusOf(before), await statusOf(after)]).toEqual([200, 401]);
  });

  test.each([
    ['a longer one does not move the end of a sign-in that began before', 250, 1_000, 47],
    ['a shorter one ends it after the next renewal', 250, 60, 2],
  ])('%s', async (_what, before, after, seconds) => {
    await using cloud = await TestCloud.start({ refresh_token_absolute: before, device_code: 47 });
    const { instance, account, browser } = await company(cloud);
    moveClock(0);
    const { refresh_token } = await browser.signIn(instance, account);
    moveClock(before - 1);
    const { lifetimes = defaultLifetimes } = cloud.config;
    cloud.config = { ...cloud.config, lifetimes: { ...lifetimes, refresh_token_absolute: after } };
    await cloud.restart();
    const { status, body } = await answerOf(browser.refresh(refresh_token));
    expect(status).toBe(200);
    moveClock(seconds + 1);
    expect(await errorOf(browser.refresh(body.refresh_token))).toBe('invalid_grant');
  });
});
