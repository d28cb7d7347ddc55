import { readFile } from 'node:fs/promises';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  claimsOf,
  company,
  type Members,
  type TestAccount,
  type TestBrowser,
  TestInstance,
  type Tokens,
  webClientId,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let instance: TestInstance;
let account: TestAccount;
let browser: TestBrowser;
let tokens: Tokens;

beforeEach(async () => {
  cloud = await TestCloud.start();
  ({ instance, account, browser } = await company(cloud));
  tokens = await browser.signIn(instance, account);
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

async function introspect(token = tokens.access_token, by = instance): Promise<Members> {
  const response = await by.introspect({ access_token: token });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toContain('no-store');
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  return (await response.json()) as Members;
}

test('row 28: an access token is active for the instance that it is meant for (RFC 7662)', async () => {
  const { iat, exp, jti, sub } = claimsOf(tokens);
  expect(await introspect()).toEqual({
    active: true,
    token_type: 'DPoP',
    scope: 'instance',
    client_id: webClientId,
    iss: cloud.url,
    aud: instance.resource,
    cnf: { jkt: browser.jkt },
    ...{ iat, exp, jti, sub },
  });
  expect(cloud.logLines.join('')).not.toContain('refused an OAuth request');
});

test('no other instance learns anything about it, nor does whoever has no credentials', async () => {
  const stranger = await TestInstance.register(cloud);
  expect(await introspect(tokens.access_token, stranger)).toEqual({ active: false });
  const { access_token: token } = tokens;
  const wrongSecret = await cloud.postForm('/token/introspection', { token }, instance.credentials('x'));
  expect(wrongSecret.status).toBe(401);
  expect((await cloud.postForm('/token/introspection', { token })).status).toBe(400);
  const asWebApp = await cloud.postForm('/token/introspection', { token, client_id: webClientId });
  expect(await asWebApp.json()).toEqual({ active: false });
});

test('one that has expired is not active', async () => {
  moveClock(300);
  expect(await introspect()).toEqual({ active: false });
});

test('row 28: a renewal leaves it active, the end of its sign-in does not', async () => {
  const renewed = (await (await browser.refresh(tokens.refresh_token)).json()) as Tokens;
  expect(await introspect()).toMatchObject({ active: true });
  await cloud.postForm('/token/revocation', { client_id: webClientId, token: renewed.refresh_token });
  expect(await introspect()).toEqual({ active: false });
  expect(await introspect(renewed.access_token)).toEqual({ active: false });
});

test('a refresh token is described to nobody but the web app, which is no instance', async () => {
  expect(await introspect(tokens.refresh_token)).toEqual({ active: false });
});

test('a token that the cloud has not signed as an access token is not active, whatever it says', async () => {
  const keys = JSON.parse(await readFile(cloud.file('keys.json'), 'utf8')) as { signing_keys: [JWK] };
  const [own] = keys.signing_keys;
  const stranger = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
  const signed = async (jwk: JWK, typ: string, changes: Members = {}) =>
    new SignJWT({ ...claimsOf(tokens), ...changes })
      .setProtectedHeader({ alg: 'ES256', typ, kid: String(own.kid) })
      .sign(await importJWK(jwk, 'ES256'));
  expect(await introspect(await signed(own, 'at+jwt'))).toMatchObject({ active: true });
  for (const forged of [
    await signed(stranger, 'at+jwt'),
    await signed(own, 'secevent+jwt'),
    await signed(own, 'at+jwt', { iss: 'https://elsewhere.test' }),
    await signed(own, 'at+jwt', { grant_id: 'another' }),
    await signed(own, 'at+jwt', { sub: 'another' }),
    await signed(own, 'at+jwt', { role: 'viewer' }),
    await signed(own, 'at+jwt', { workspace: 'another' }),
    `${tokens.access_token.split('.').slice(0, 2).join('.')}.`,
  ]) {
    expect(await introspect(forged)).toEqual({ active: false });
  }
});
