import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, instanceMetadata, type Members, TestInstance } from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await TestCloud.start();
});

afterAll(async () => cloud[Symbol.asyncDispose]());

describe('RFC 7591: a registration', () => {
  test('gives a client ID and a secret', async () => {
    const { status, body, headers } = await answerOf(cloud.post('/reg', instanceMetadata));
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...instanceMetadata,
      client_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      client_secret_expires_at: 0,
      client_id_issued_at: expect.any(Number),
      registration_client_uri: `${cloud.url}/reg/${body.client_id}`,
    });
    expect(headers.get('cache-control')).toContain('no-store');
  });

  test('needs nothing but an object: what a client may be is fixed', async () => {
    const { registration } = await TestInstance.register(cloud, {});
    expect(registration).toMatchObject({
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    });
    expect(registration).not.toHaveProperty('redirect_uris.0');
  });

  test('twice gives two instances', async () => {
    const [one, two] = [await TestInstance.register(cloud), await TestInstance.register(cloud)];
    expect(one.clientId).not.toBe(two.clientId);
    expect(one.clientSecret).not.toBe(two.clientSecret);
  });

  test.each(['{', '[]', 'null', '"x"', '[{}]'])('%s is no registration', async (body) => {
    const response = await cloud.get('/reg', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(await answerOf(response)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test('a form is none either', async () => {
    expect(await answerOf(cloud.postForm('/reg', { client_name: 'x' }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });
});

describe('row 9: privileges by client metadata', () => {
  const refused: [what: string, metadata: Members][] = [
    [
      'another grant',
      { grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'] },
    ],
    ['the refresh grant', { grant_types: ['refresh_token'] }],
    ['the code grant', { grant_types: ['authorization_code'], response_types: ['code'], redirect_uris: [] }],
    ['the grant as a string', { grant_types: 'client_credentials' }],
    ['no grant', { grant_types: [] }],
    ['a response type', { response_types: ['code'] }],
    ['a public client', { token_endpoint_auth_method: 'none' }],
    ['a secret in the body', { token_endpoint_auth_method: 'client_secret_post' }],
    ['a key instead of a secret', { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [] } }],
    ['a scope', { scope: 'instance' }],
    ['more scopes', { scope: 'openid offline_access' }],
    ['a client ID of its own choice', { client_id: 'holdfast-web' }],
    ['a secret of its own choice', { client_secret: 'x'.repeat(43) }],
    ['a secret that never was', { client_secret_expires_at: 1 }],
    ['a first-party mark', { application_type: 'native' }],
    ['another signing algorithm', { id_token_signed_response_alg: 'none' }],
    ['a subject type', { subject_type: 'pairwise' }],
    ['a signed statement', { software_statement: 'eyJhbGciOiJub25lIn0.e30.' }],
    ['contacts', { contacts: ['a@example.test'] }],
    ['DPoP off', { dpop_bound_access_tokens: false }],
    ['an unknown member', { is_admin: true }],
    ['a member of Object', { constructor: 'x' }],
    ['a software ID that is no text', { software_id: { a: 1 } }],
    ['a long software version', { software_version: 'x'.repeat(65) }],
    ['an empty name', { client_name: '' }],
    ['a long name', { client_name: 'x'.repeat(65) }],
    ['a name that is no text', { client_name: ['x'] }],
    ['a name that hides text', { client_name: 'Lab\u202egpj' }],
    ['a name with a line break', { client_name: 'Lab\nLab' }],
    ['a name in a language', { 'client_name#de': 'Labor' }],
  ];
  test.each(refused)('%s is refused', async (_what, metadata) => {
    const member = Object.keys(metadata)[0]?.replace('#', '?');
    expect(await answerOf(cloud.post('/reg', { ...instanceMetadata, ...metadata }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_client_metadata', error_description: expect.stringContaining(`${member} `) },
    });
  });

  test('__proto__ is a member like any other', async () => {
    const response = await cloud.get('/reg', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"__proto__": {"grant_types": ["refresh_token"]}}',
    });
    expect(await answerOf(response)).toMatchObject({
      status: 400,
      body: { error: 'invalid_client_metadata' },
    });
  });

  test('a name is text, also if it looks like HTML', async () => {
    const client_name = '<img src=x onerror=alert(1)>';
    const { status, body, headers } = await answerOf(
      cloud.post('/reg', { ...instanceMetadata, client_name }),
    );
    expect(status).toBe(201);
    expect(body.client_name).toBe(client_name);
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('row 8: URIs in client metadata', () => {
  const members = [
    'jwks_uri',
    'sector_identifier_uri',
    'logo_uri',
    'client_uri',
    'policy_uri',
    'tos_uri',
    'initiate_login_uri',
    'backchannel_logout_uri',
    'frontchannel_logout_uri',
    'backchannel_client_notification_endpoint',
    'redirect_uris',
    'request_uris',
    'post_logout_redirect_uris',
  ];

  test('are refused, and nobody connects to them', async () => {
    await using cloud = await TestCloud.start();
    let connections = 0;
    const canary = createServer((_incoming, outgoing) => outgoing.end('{"keys":[]}'));
    canary.on('connection', () => {
      connections += 1;
    });
    canary.listen(0, '127.0.0.1');
    await once(canary, 'listening');
    const uri = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/x`;
    try {
      for (const member of members) {
        const value = member.endsWith('uris') ? [uri] : uri;
        for (const metadata of [{ [member]: value }, { ...instanceMetadata, [member]: value }]) {
          expect(await answerOf(cloud.post('/reg', metadata)), member).toMatchObject({
            status: 400,
            body: { error: 'invalid_client_metadata' },
          });
        }
      }
      await sleep(100);
      expect(connections).toBe(0);
      await fetch(uri);
      expect(connections).toBe(1);
    } finally {
      canary.close();
      canary.closeAllConnections();
    }
  });
});

test('row 7: one address registers 60 instances in a minute, not more', async () => {
  await using cloud = await TestCloud.start();
  const statuses: number[] = [];
  for (let count = 0; count < 65; count += 1) statuses.push((await cloud.post('/reg', {})).status);
  expect(statuses).toEqual([...Array<number>(60).fill(201), ...Array<number>(5).fill(429)]);
  const { body, headers } = await answerOf(cloud.post('/reg', {}));
  expect(body.error).toBe('temporarily_unavailable');
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
});
