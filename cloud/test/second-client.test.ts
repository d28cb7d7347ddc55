// Everything on the wire, with a client library that shares no code with the one that web app and instances use.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { calculateJwkThumbprint, createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { type BaseClient, type DeviceFlowHandle, errors, Issuer, type TokenSet } from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { instanceMetadata, TestAccount, webClientId } from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let issuer: Issuer;
let instance: BaseClient;
let account: TestAccount;
let webApp: BaseClient;
let key: { readonly privateKey: KeyObject; readonly jkt: string };

beforeAll(async () => {
  cloud = await TestCloud.start();
  issuer = await Issuer.discover(`${cloud.url}/.well-known/oauth-authorization-server`);
  instance = await (issuer.Client as unknown as Registrar).register(instanceMetadata);
  account = await TestAccount.signUp(cloud);
  webApp = new issuer.Client({ client_id: webClientId, token_endpoint_auth_method: 'none' });
  key = await createKey();
});

afterAll(async () => cloud[Symbol.asyncDispose]());

/** The static methods that the types of the library leave out. */
interface Registrar {
  register(metadata: object): Promise<BaseClient>;
  fromUri(address: string, token: string): Promise<BaseClient>;
}

async function createKey(): Promise<typeof key> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return {
    privateKey: createPrivateKey({ key: { ...jwk }, format: 'jwk' }),
    jkt: await calculateJwkThumbprint(jwk),
  };
}

const resource = () => `${cloud.url}/instances/${instance.metadata.client_id}`;

async function startLogin(): Promise<DeviceFlowHandle> {
  return webApp.deviceAuthorization(
    { scope: 'instance', resource: resource(), dpop_jkt: key.jkt },
    { DPoP: key.privateKey },
  );
}

async function approve(login: DeviceFlowHandle): Promise<void> {
  // A member that the library does not know, and shows to whoever looks at the whole answer.
  const match_code = /match_code: .*?(\d{2})/.exec(inspect(login))?.[1] ?? '';
  await account.approve({ user_code: login.user_code, match_code });
}

async function signIn(): Promise<Required<Pick<TokenSet, 'access_token' | 'refresh_token'>> & TokenSet> {
  const login = await startLogin();
  await approve(login);
  const { access_token = '', refresh_token = '', ...tokens } = await login.poll();
  return Object.assign(tokens as TokenSet, { access_token, refresh_token });
}

const refresh = async (token: string, dpop = key) => webApp.refresh(token, { DPoP: dpop.privateKey });

/** The error that the cloud answers with. */
async function errorOf(request: Promise<unknown>): Promise<string | undefined> {
  return request.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof errors.OPError) return error.error;
      throw error;
    },
  );
}

test('registration (RFC 7591), and its management (RFC 7592)', async () => {
  expect(instance.metadata).toMatchObject({
    client_id: expect.stringMatching(/^[\w-]+$/),
    client_secret: expect.stringMatching(/^[\w-]{43}$/),
    grant_types: ['client_credentials'],
  });
  const { registration_client_uri: uri, registration_access_token: token } = instance.metadata;
  const read = await (issuer.Client as unknown as Registrar).fromUri(String(uri), String(token));
  expect(read.metadata.client_name).toBe(instanceMetadata.client_name);
  const greedy = { ...instanceMetadata, redirect_uris: ['https://evil.test/'] };
  expect(await errorOf((issuer.Client as unknown as Registrar).register(greedy))).toMatch(/^invalid_/);
});

test('client credentials (RFC 6749 section 4.4), introspection (RFC 7662) and revocation (RFC 7009)', async () => {
  const { access_token: token = '', expires_in } = await instance.grant({ grant_type: 'client_credentials' });
  expect(expires_in).toBeGreaterThan(590);
  expect(await instance.introspect(token)).toMatchObject({
    active: true,
    client_id: instance.metadata.client_id,
  });
  await instance.revoke(token);
  expect(await instance.introspect(token)).toEqual({ active: false });
  const impostor = new issuer.Client({ ...instance.metadata, client_secret: 'x' });
  expect(await errorOf(impostor.grant({ grant_type: 'client_credentials' }))).toBe('invalid_client');
});

test('device authorization (RFC 8628) with DPoP (RFC 9449), waited for as the library does', async () => {
  const login = await startLogin();
  expect(login.verification_uri_complete).toContain(login.user_code);
  const polling = login.poll();
  await sleep(3_000);
  await approve(login);
  const { access_token: token = '', token_type, scope } = await polling;
  expect([token_type, scope]).toEqual(['DPoP', 'instance']);
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${cloud.url}/jwks`)), {
    issuer: cloud.url,
    audience: resource(),
    typ: 'at+jwt',
  });
  expect(payload.cnf).toEqual({ jkt: key.jkt });
  expect(await errorOf(login.poll())).toBe('invalid_grant');
});

test('a login that is denied', async () => {
  const login = await startLogin();
  await account.device('deny', { user_code: login.user_code });
  expect(await errorOf(login.poll())).toBe('access_denied');
});

test('rotation of refresh tokens, for the same key only; what a revocation ends', async () => {
  const first = await signIn();
  expect(await errorOf(refresh(first.refresh_token, await createKey()))).toBe('invalid_grant');
  const { access_token = '', refresh_token = '' } = await refresh(first.refresh_token);
  expect(refresh_token).not.toBe(first.refresh_token);
  expect(await instance.introspect(access_token, 'access_token')).toMatchObject({
    active: true,
    token_type: 'DPoP',
    aud: resource(),
    cnf: { jkt: key.jkt },
  });
  await webApp.revoke(refresh_token, 'refresh_token');
  expect(await instance.introspect(access_token)).toEqual({ active: false });
  expect(await errorOf(refresh(refresh_token))).toBe('invalid_grant');
});
