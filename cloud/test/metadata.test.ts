import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, deviceCodeGrant, type Members, TestBrowser, TestInstance } from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

/** None is a default. */
const lifetimes = {
  access_token: 123,
  refresh_token_idle: 4_567,
  refresh_token_absolute: 8_901,
  instance_token: 234,
  device_code: 45,
  device_poll_interval: 3,
};

let cloud: TestCloud;
let metadata: Members;

beforeAll(async () => {
  cloud = await TestCloud.start(lifetimes);
  metadata = (await (await cloud.get('/.well-known/oauth-authorization-server')).json()) as Members;
});

afterAll(async () => cloud[Symbol.asyncDispose]());

test('RFC 8414: the document says what there is, and nothing else', () => {
  expect(metadata).toEqual({
    issuer: cloud.url,
    token_endpoint: `${cloud.url}/token`,
    device_authorization_endpoint: `${cloud.url}/device/auth`,
    registration_endpoint: `${cloud.url}/reg`,
    revocation_endpoint: `${cloud.url}/token/revocation`,
    introspection_endpoint: `${cloud.url}/token/introspection`,
    jwks_uri: `${cloud.url}/jwks`,
    response_types_supported: [],
    grant_types_supported: expect.toSatisfy(
      (grants: string[]) =>
        [...grants].sort().join(' ') ===
        ['client_credentials', 'refresh_token', deviceCodeGrant].sort().join(' '),
    ),
    token_endpoint_auth_methods_supported: expect.arrayContaining(['client_secret_basic', 'none']),
    dpop_signing_alg_values_supported: ['ES256'],
    scopes_supported: ['instance'],
    holdfast_security_events_endpoint: `${cloud.url}/api/instance/events`,
    holdfast_token_lifetimes: { ...lifetimes, user_code: 45 },
  });
});

test('every endpoint that it names answers', async () => {
  const endpoints = Object.entries(metadata).filter(([member]) => member.endsWith('_endpoint'));
  expect(endpoints).toHaveLength(6);
  for (const [member, url] of endpoints) {
    const response = await fetch(String(url), { method: 'POST', body: new URLSearchParams() });
    expect([400, 401], member).toContain(response.status);
    expect(await response.json(), member).toHaveProperty('error');
  }
  expect((await fetch(String(metadata.jwks_uri))).status).toBe(200);
});

test('grants that it does not name are refused', async () => {
  const browser = await TestBrowser.open(cloud);
  for (const grant_type of [
    'authorization_code',
    'implicit',
    'password',
    'urn:openid:params:grant-type:ciba',
  ]) {
    const response = await browser.requestTokens({ grant_type, code: 'x', username: 'x', password: 'x' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'unsupported_grant_type' });
  }
});

test('the web app gets no instance token, and an instance none of a user', async () => {
  const [instance, browser] = [await TestInstance.register(cloud), await TestBrowser.open(cloud)];
  const asWebApp = browser.requestTokens({ grant_type: 'client_credentials' });
  expect(await answerOf(asWebApp)).toMatchObject({
    status: 400,
    body: { error_description: 'requested grant type is not allowed for this client' },
  });
  const asInstance = cloud.postForm('/device/auth', { resource: instance.resource }, instance.credentials());
  expect(await answerOf(asInstance)).toMatchObject({
    status: 400,
    body: { error_description: expect.stringContaining('not allowed for this client') },
  });
});

describe('the published keys', () => {
  test('are public keys alone', async () => {
    const { keys } = (await (await cloud.get('/jwks')).json()) as { keys: Members[] };
    expect(keys).toHaveLength(1);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({ alg: 'ES256', crv: 'P-256', kty: 'EC', use: 'sig' });
    }
  });

  test('are the public half of those on the disk', async () => {
    const { keys } = (await (await cloud.get('/jwks')).json()) as { keys: Members[] };
    const file = (await cloud.everythingOnDisk()).get('keys.json')?.toString() ?? '';
    const [stored] = (JSON.parse(file) as { signing_keys: Members[] }).signing_keys;
    expect(stored).toMatchObject(keys[0] as Members);
    expect(await (await cloud.get('/jwks')).text()).not.toContain(stored?.d);
  });
});

test.each([
  '/.well-known/openid-configuration',
  '/auth',
  '/me',
  '/session/end',
  '/request',
  '/backchannel',
  '/challenge',
  '/credential',
  '/interaction/x',
  '/auth/x',
  '/device/x',
])('what oidc-provider could do but the cloud does not offer: %s', async (path) => {
  for (const method of ['GET', 'POST']) {
    const response = await cloud.get(path, { method });
    expect(response.status, method).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'not_found' });
  }
});

test('the code verification of oidc-provider, which approves by a form, is out of reach', async () => {
  expect((await cloud.postForm('/device', { user_code: 'BBBB-BBBB', confirm: 'yes' })).status).toBe(404);
});
