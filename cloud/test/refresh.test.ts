import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { raceGraceSeconds } from '../src/provider/adapter.ts';
import {
  answerOf,
  claimsOf,
  company,
  TestAccount,
  TestBrowser,
  TestInstance,
  type Tokens,
  webClientId,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let instance: TestInstance;
let account: TestAccount;
let browser: TestBrowser;

beforeAll(async () => {
  cloud = await TestCloud.start();
  ({ instance, account, browser } = await company(cloud));
});

afterEach(() => vi.useRealTimers());
afterAll(async () => cloud[Symbol.asyncDispose]());

async function refreshed(refreshToken: string, by = browser): Promise<Tokens> {
  const { status, body } = await answerOf(by.refresh(refreshToken));
  expect(status).toBe(200);
  return body;
}

async function expectRefused(response: Promise<Response>, error = 'invalid_grant'): Promise<void> {
  const { status, body } = await answerOf(response);
  expect([status, body.error]).toEqual([400, error]);
}

test('gives a new access token and a new refresh token of the same grant', async () => {
  const first = await browser.signIn(instance, account);
  const second = await refreshed(first.refresh_token);
  expect(second).toEqual({
    access_token: expect.any(String),
    refresh_token: expect.stringMatching(/^[\w-]{43}$/),
    token_type: 'DPoP',
    expires_in: 300,
    scope: 'instance',
  });
  expect(second.refresh_token).not.toBe(first.refresh_token);
  const [before, after] = [claimsOf(first), claimsOf(second)];
  expect(after.jti).not.toBe(before.jti);
  const { iat, exp } = after;
  expect({ ...after, jti: before.jti }).toEqual({ ...before, iat, exp });
});

test('goes on for as long as it is used', async () => {
  let { refresh_token: refreshToken } = await browser.signIn(instance, account);
  for (let rotation = 0; rotation < 6; rotation += 1) {
    moveClock(13 * 86_400);
    refreshToken = (await refreshed(refreshToken)).refresh_token;
  }
});

test('ends after two weeks without use', async () => {
  const { refresh_token: refreshToken } = await browser.signIn(instance, account);
  moveClock(14 * 86_400);
  await expectRefused(browser.refresh(refreshToken));
});

test('row 17: the absolute end is the same however often it rotates', async () => {
  await using cloud = await TestCloud.start({
    refresh_token_idle: 100,
    refresh_token_absolute: 250,
    device_code: 60,
  });
  const { instance, account, browser } = await company(cloud);
  moveClock(0);
  const { refresh_token: first } = await browser.signIn(instance, account);
  moveClock(90);
  const { refresh_token: second } = await refreshed(first, browser);
  moveClock(90);
  const { refresh_token: third } = await refreshed(second, browser);
  moveClock(69);
  const { refresh_token: fourth } = await refreshed(third, browser);
  moveClock(1);
  await expectRefused(browser.refresh(fourth));
});

describe('row 15: an old refresh token', () => {
  test('within the grace, its successor unused: the same successor, for the answer may have been lost', async () => {
    const { refresh_token: old } = await browser.signIn(instance, account);
    const { refresh_token: lost } = await refreshed(old);
    moveClock(raceGraceSeconds - 1);
    const { refresh_token: heard } = await refreshed(old);
    expect(heard).toBe(lost);
    await refreshed(heard);
  });

  test('within the grace, its successor used: refused, and the family lives', async () => {
    const { refresh_token: old } = await browser.signIn(instance, account);
    const { refresh_token: successor } = await refreshed(old);
    const { refresh_token: current } = await refreshed(successor);
    await expectRefused(browser.refresh(old));
    await refreshed(current);
  });

  test('within the grace, with another key: refused, and the family lives', async () => {
    const thief = await TestBrowser.open(cloud);
    const { refresh_token: old } = await browser.signIn(instance, account);
    const { refresh_token: current } = await refreshed(old);
    await expectRefused(thief.refresh(old));
    await refreshed(current);
  });

  test('later: refused, and the whole family is dead', async () => {
    const { refresh_token: old } = await browser.signIn(instance, account);
    const { refresh_token: current } = await refreshed(old);
    moveClock(raceGraceSeconds + 1);
    await expectRefused(browser.refresh(old));
    await expectRefused(browser.refresh(current));
  });

  test('two generations back: the same', async () => {
    const { refresh_token: first } = await browser.signIn(instance, account);
    const { refresh_token: second } = await refreshed(first);
    const { refresh_token: third } = await refreshed(second);
    moveClock(raceGraceSeconds + 1);
    await expectRefused(browser.refresh(first));
    await expectRefused(browser.refresh(third));
  });

  test('in the hands of a thief without the key: refused, and the owner is unharmed', async () => {
    const thief = await TestBrowser.open(cloud);
    const { refresh_token: old } = await browser.signIn(instance, account);
    const { refresh_token: current } = await refreshed(old);
    moveClock(raceGraceSeconds + 1);
    await expectRefused(thief.refresh(old));
    await refreshed(current);
  });

  test('does not touch other logins of the same account', async () => {
    const other = await browser.signIn(instance, account);
    const { refresh_token: old } = await browser.signIn(instance, account);
    await refreshed(old);
    moveClock(raceGraceSeconds + 1);
    await expectRefused(browser.refresh(old));
    await refreshed(other.refresh_token);
  });
});

describe('row 15: a stolen refresh token', () => {
  test('is worth nothing with another key, and the owner is unharmed', async () => {
    const thief = await TestBrowser.open(cloud);
    const { refresh_token: refreshToken } = await browser.signIn(instance, account);
    await expectRefused(thief.refresh(refreshToken));
    await refreshed(refreshToken);
  });

  test('is worth nothing without a key', async () => {
    const { refresh_token: refreshToken } = await browser.signIn(instance, account);
    const { status, body } = await answerOf(
      cloud.postForm('/token', {
        client_id: webClientId,
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      }),
    );
    expect(status).toBe(400);
    expect(body).not.toHaveProperty('access_token');
    await refreshed(refreshToken);
  });

  test('is worth nothing to an instance', async () => {
    const { refresh_token } = await browser.signIn(instance, account);
    const response = await cloud.postForm(
      '/token',
      { grant_type: 'refresh_token', refresh_token },
      { ...instance.credentials(), dpop: await browser.proof() },
    );
    expect(response.status).toBe(400);
    await refreshed(refresh_token);
  });
});

test('row 16: five tabs at once that know no lock all hear the same successor, a hundred times', async () => {
  let { refresh_token: refreshToken } = await browser.signIn(instance, account);
  for (let round = 0; round < 100; round += 1) {
    const answers = await Promise.all(Array.from({ length: 5 }, async () => refreshed(refreshToken)));
    const [successor, ...others] = new Set(answers.map(({ refresh_token }) => refresh_token));
    expect(others).toEqual([]);
    refreshToken = successor ?? '';
  }
});

test('row 16: a tab that reads what was stored two renewals ago signs nobody out, a hundred times', async () => {
  let [stale, refreshToken] = ['', (await browser.signIn(instance, account)).refresh_token];
  for (let round = 0; round < 100; round += 1) {
    const { refresh_token: successor } = await refreshed(refreshToken);
    if (stale !== '') await expectRefused(browser.refresh(stale));
    [stale, refreshToken] = [refreshToken, successor];
    moveClock(raceGraceSeconds / 2);
  }
});

test('row 20: a proof counts once', async () => {
  const { refresh_token: refreshToken } = await browser.signIn(instance, account);
  const proof = await browser.proof();
  const { body } = await answerOf(browser.refresh(refreshToken, {}, proof));
  await expectRefused(browser.refresh(body.refresh_token, {}, proof));
  await refreshed(body.refresh_token);
});

test('rows 18, 19: no other audience can be asked for', async () => {
  const other = await TestInstance.register(cloud);
  for (const resource of [other.resource, `${instance.resource}/`, 'https://evil.test', cloud.url]) {
    const { refresh_token: refreshToken } = await browser.signIn(instance, account);
    await expectRefused(browser.refresh(refreshToken, { resource }), 'invalid_target');
  }
});

test('naming the same audience and scope changes nothing', async () => {
  const { refresh_token: refreshToken } = await browser.signIn(instance, account);
  const { resource } = instance;
  const { body } = await answerOf(browser.refresh(refreshToken, { resource, scope: 'instance' }));
  expect(claimsOf(body)).toMatchObject({ aud: resource, scope: 'instance' });
});

test('no other scope can be asked for', async () => {
  const { refresh_token: refreshToken } = await browser.signIn(instance, account);
  await expectRefused(browser.refresh(refreshToken, { scope: 'instance admin' }), 'invalid_scope');
});

test('signing out revokes the token, and what it could renew', async () => {
  const { refresh_token: refreshToken } = await browser.signIn(instance, account);
  const response = await cloud.postForm('/token/revocation', { client_id: webClientId, token: refreshToken });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  await expectRefused(browser.refresh(refreshToken));
});

test('revoking what is unknown is no error (RFC 7009 section 2.2)', async () => {
  const response = await cloud.postForm('/token/revocation', {
    client_id: webClientId,
    token: 'x'.repeat(43),
  });
  expect(response.status).toBe(200);
});

test('a person whose instance was claimed by others is refused with words, and others are not', async () => {
  const shared = await TestInstance.register(cloud);
  const stranger = await TestAccount.signUp(cloud, 'bob');
  const theirs = await browser.signIn(shared, stranger);
  const mine = await browser.signIn(shared, account);
  expect((await shared.claim(claimsOf(mine).workspace)).status).toBe(200);
  const { status, body } = await answerOf(browser.refresh(theirs.refresh_token));
  expect(status).toBe(400);
  expect(body).toEqual({
    error: 'access_denied',
    error_description: expect.stringContaining('belongs to someone else'),
  });
  await refreshed(mine.refresh_token);
});
