import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { defaultLifetimes } from '../src/lifetimes.ts';
import {
  answerOf,
  claimsOf,
  company,
  type DeviceAuthorization,
  type Members,
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

async function startLogin(): Promise<DeviceAuthorization> {
  return browser.startLogin(instance);
}

/** The error code of a refused poll. */
async function refusal(response: Response | Promise<Response>): Promise<string> {
  const { status, body } = await answerOf(response);
  expect(status).toBe(400);
  return body.error;
}

describe('RFC 8628: asking for a code', () => {
  test('gives both codes, the page, the lifetime and the interval', async () => {
    const { status, body, headers } = await answerOf(
      browser.requestDeviceCode({ resource: instance.resource }),
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${cloud.url}/device`,
      verification_uri_complete: `${cloud.url}/device#user_code=${body.user_code}`,
      expires_in: 300,
      interval: defaultLifetimes.device_poll_interval,
      match_code: expect.stringMatching(/^\d{2}$/),
    });
    expect(headers.get('cache-control')).toContain('no-store');
  });

  test('the scope may be left out or empty; it is the only one', async () => {
    const parameters = {
      client_id: webClientId,
      resource: instance.resource,
      dpop_jkt: browser.jkt,
    };
    for (const request of [parameters, { ...parameters, scope: '' }]) {
      expect((await cloud.postForm('/device/auth', request)).status).toBe(200);
    }
  });

  test.each(['openid', 'instance openid', 'instance offline_access', 'admin'])(
    'the scope “%s” is refused',
    async (scope) => {
      const response = browser.requestDeviceCode({ resource: instance.resource, scope });
      expect(await refusal(response)).toBe('invalid_scope');
    },
  );

  test('rows 18, 19: only for an instance that is registered here, in its one spelling', async () => {
    const resources = [
      '',
      cloud.url,
      `${cloud.url}/instances/`,
      `${instance.resource}/`,
      `${instance.resource}?a`,
      `${instance.resource}#a`,
      instance.resource.toUpperCase(),
      instance.resource.replace('http:', 'https:'),
      instance.resource.replace('127.0.0.1', 'localhost'),
      `https://evil.test/instances/${instance.clientId}`,
      `${cloud.url}/instances/../instances/${instance.clientId}`,
      `${cloud.url}/instances/00000000-0000-0000-0000-000000000000`,
      `${cloud.url}/instances/${webClientId}`,
      'http://127.0.0.1:8080',
    ];
    for (const resource of resources) {
      expect(await refusal(browser.requestDeviceCode({ resource })), resource).toBe('invalid_target');
    }
  });

  test('not without a resource, and not for two', async () => {
    expect(await refusal(browser.requestDeviceCode({}))).toBe('invalid_target');
    const other = await TestInstance.register(cloud);
    const body = new URLSearchParams({ client_id: webClientId, resource: instance.resource });
    body.append('dpop_jkt', browser.jkt);
    body.append('resource', other.resource);
    expect(await refusal(cloud.get('/device/auth', { method: 'POST', body }))).toBe('invalid_target');
  });

  test('not for an unknown client', async () => {
    const { status, body } = await answerOf(
      cloud.postForm('/device/auth', { client_id: 'nobody', resource: instance.resource }),
    );
    expect([status, body.error]).toEqual([401, 'invalid_client']);
  });
});

describe('a code is bound to the key of the browser that asked', () => {
  test.each([undefined, '', 'x'.repeat(42), `${'x'.repeat(42)}=`, 'x'.repeat(44)])(
    'without the thumbprint of one there is no code: %j',
    async (thumbprint) => {
      const body = new URLSearchParams({ client_id: webClientId, resource: instance.resource });
      if (thumbprint !== undefined) body.set('dpop_jkt', thumbprint);
      expect(await refusal(cloud.get('/device/auth', { method: 'POST', body }))).toBe('invalid_request');
    },
  );

  test('row 13: another key neither redeems it, nor hears how it stands, nor uses it up', async () => {
    const thief = await TestBrowser.open(cloud);
    const login = await startLogin();
    expect(await refusal(thief.poll(login))).toBe('invalid_grant');
    await account.approve(login);
    expect(await refusal(thief.poll(login))).toBe('invalid_grant');
    expect((await browser.poll(login)).status).toBe(200);
  });

  test('a browser has one live code per instance: a new one ends the one before', async () => {
    const [elsewhere, other] = [await TestBrowser.open(cloud), await TestInstance.register(cloud)];
    const earlier = await startLogin();
    const untouched = [await elsewhere.startLogin(instance), await browser.startLogin(other)] as const;
    const later = await startLogin();
    expect(await refusal(browser.poll(earlier))).toBe('expired_token');
    const { status, body } = await answerOf(account.device('lookup', { user_code: earlier.user_code }));
    expect([status, body.error]).toEqual([410, 'expired_token']);
    expect(await refusal(browser.poll(later))).toBe('authorization_pending');
    expect(await refusal(elsewhere.poll(untouched[0]))).toBe('authorization_pending');
    expect(await refusal(browser.poll(untouched[1]))).toBe('authorization_pending');
  });

  test('row 13: a new code does not hide the replay of a redeemed one', async () => {
    const login = await startLogin();
    await account.approve(login);
    const { refresh_token: refreshToken } = (await (await browser.poll(login)).json()) as Tokens;
    await startLogin();
    moveClock(11);
    expect(await refusal(browser.poll(login))).toBe('invalid_grant');
    expect(await refusal(browser.refresh(refreshToken))).toBe('invalid_grant');
  });
});

describe('polling', () => {
  test('row 12: early polls get slow_down, and each adds five seconds that stay', async () => {
    const login = await startLogin();
    moveClock(0);
    expect(await refusal(browser.poll(login))).toBe('authorization_pending');
    moveClock(1);
    expect(await refusal(browser.poll(login))).toBe('slow_down');
    moveClock(6);
    expect(await refusal(browser.poll(login))).toBe('slow_down');
    moveClock(11);
    expect(await refusal(browser.poll(login))).toBe('slow_down');
    moveClock(17);
    expect(await refusal(browser.poll(login))).toBe('authorization_pending');
    moveClock(16);
    expect(await refusal(browser.poll(login))).toBe('slow_down');
  });

  test('row 12: who keeps the interval is never told to slow down', async () => {
    const login = await startLogin();
    moveClock(0);
    for (let poll = 0; poll < 5; poll += 1) {
      expect(await refusal(browser.poll(login))).toBe('authorization_pending');
      moveClock(defaultLifetimes.device_poll_interval);
    }
  });

  test('row 12: of polls at the same time one is in time', async () => {
    const login = await startLogin();
    const errors = await Promise.all(Array.from({ length: 8 }, async () => refusal(browser.poll(login))));
    expect(errors.filter((error) => error === 'authorization_pending')).toHaveLength(1);
    expect(errors.filter((error) => error === 'slow_down')).toHaveLength(7);
  });

  test('row 12: an approved code is redeemed however early the poll is', async () => {
    const login = await startLogin();
    await browser.poll(login);
    await account.approve(login);
    expect((await browser.poll(login)).status).toBe(200);
  });

  test('one device is not slowed down by another', async () => {
    const elsewhere = await TestBrowser.open(cloud);
    const [one, other] = [await startLogin(), await elsewhere.startLogin(instance)];
    expect(await refusal(browser.poll(one))).toBe('authorization_pending');
    expect(await refusal(elsewhere.poll(other))).toBe('authorization_pending');
  });

  test('a code that nobody issued', async () => {
    expect(await refusal(browser.poll({ device_code: 'x'.repeat(43) }))).toBe('invalid_grant');
  });

  test('a code that expired while pending, or after its approval', async () => {
    const elsewhere = await TestBrowser.open(cloud);
    const [pending, approved] = [await startLogin(), await elsewhere.startLogin(instance)];
    expect(await refusal(browser.poll(pending))).toBe('authorization_pending');
    await account.approve(approved);
    moveClock(300);
    expect(await refusal(browser.poll(pending))).toBe('expired_token');
    expect(await refusal(elsewhere.poll(approved))).toBe('expired_token');
    moveClock(3_590);
    expect(await refusal(browser.poll(pending))).toBe('expired_token');
  });

  test('a code of another lifetime', async () => {
    await using cloud = await TestCloud.start({ device_code: 2 });
    const { instance, browser } = await company(cloud);
    const login = await browser.startLogin(instance);
    expect(login.expires_in).toBe(2);
    expect(await refusal(browser.poll(login))).toBe('authorization_pending');
    moveClock(2);
    expect(await refusal(browser.poll(login))).toBe('expired_token');
  });

  test('denied: every poll hears it, with words', async () => {
    const login = await startLogin();
    expect((await account.device('deny', { user_code: login.user_code })).status).toBe(200);
    for (let poll = 0; poll < 3; poll += 1) {
      const { status, body } = await answerOf(browser.poll(login));
      expect(status).toBe(400);
      expect(body.error).toBe('access_denied');
      expect(body.error_description).toContain('denied');
    }
  });
});

describe('approved', () => {
  test('the access token is an RFC 9068 JWT for this instance, bound to the key', async () => {
    const tokens = await browser.signIn(instance, account);
    expect(tokens).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'DPoP',
      expires_in: 300,
      scope: 'instance',
    });
    const keys = createRemoteJWKSet(new URL('/jwks', cloud.url));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
      issuer: cloud.url,
      audience: instance.resource,
      typ: 'at+jwt',
      algorithms: ['ES256'],
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: cloud.url,
      aud: instance.resource,
      sub: expect.any(String),
      client_id: webClientId,
      scope: 'instance',
      iat: expect.any(Number),
      exp: Number(payload.iat) + 300,
      jti: expect.any(String),
      cnf: { jkt: browser.jkt },
      workspace: expect.stringMatching(/^[0-9a-f-]{36}$/),
      workspace_name: 'ann’s workspace',
      role: 'owner',
      email: 'ann@example.test',
      name: 'ann',
      grant_id: expect.any(String),
    });
  });

  test('an account keeps subject and workspace; each login is a grant of its own', async () => {
    const [one, two] = [await browser.signIn(instance, account), await browser.signIn(instance, account)];
    const [first, second] = [claimsOf(one), claimsOf(two)];
    expect(second.sub).toBe(first.sub);
    expect(second.workspace).toBe(first.workspace);
    expect(second.grant_id).not.toBe(first.grant_id);
    expect(second.jti).not.toBe(first.jti);
  });

  test('two accounts are two subjects in two workspaces', async () => {
    const stranger = await TestAccount.signUp(cloud, 'bob');
    const [mine, theirs] = [
      await browser.signIn(instance, account),
      await browser.signIn(instance, stranger),
    ];
    expect(claimsOf(theirs).sub).not.toBe(claimsOf(mine).sub);
    expect(claimsOf(theirs).workspace).not.toBe(claimsOf(mine).workspace);
  });

  test('row 18: each instance has an audience of its own', async () => {
    const instances = [instance, await TestInstance.register(cloud), await TestInstance.register(cloud)];
    const audiences = [];
    for (const one of instances) audiences.push(claimsOf(await browser.signIn(one, account)).aud);
    expect(audiences).toEqual(instances.map(({ resource }) => resource));
  });

  test('row 13: of five redemptions at once exactly one succeeds, and its tokens live', async () => {
    for (let round = 0; round < 5; round += 1) {
      const login = await startLogin();
      await account.approve(login);
      const answers = await Promise.all(Array.from({ length: 5 }, async () => answerOf(browser.poll(login))));
      const [winner, ...others] = answers.filter(({ status }) => status === 200);
      expect(others).toEqual([]);
      const losers = answers.filter((answer) => answer !== winner);
      expect(losers).toHaveLength(4);
      for (const { status, body } of losers) expect([status, body.error]).toEqual([400, 'invalid_grant']);
      expect((await browser.refresh(winner?.body.refresh_token ?? '')).status).toBe(200);
    }
  });

  test('row 13: a redeemed code that turns up later ends what it gave', async () => {
    const login = await startLogin();
    await account.approve(login);
    const { refresh_token: refreshToken } = (await (await browser.poll(login)).json()) as Tokens;
    moveClock(11);
    expect(await refusal(browser.poll(login))).toBe('invalid_grant');
    expect(await refusal(browser.refresh(refreshToken))).toBe('invalid_grant');
  });

  test('of an approval and a denial at once one decides', async () => {
    for (let round = 0; round < 5; round += 1) {
      const login = await startLogin();
      const statuses = await Promise.all(
        (['approve', 'deny', 'approve', 'deny'] as const).map(
          async (action) => (await account.device(action, login)).status,
        ),
      );
      expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 409, 409, 409]);
      const isApproved = [0, 2].some((index) => statuses[index] === 200);
      expect((await browser.poll(login)).status).toBe(isApproved ? 200 : 400);
    }
  });

  test('an instance that was claimed by others meanwhile', async () => {
    const [shared, stranger] = [await TestInstance.register(cloud), await TestAccount.signUp(cloud, 'eve')];
    const late = await browser.startLogin(shared);
    await stranger.approve(late);
    const tokens = await (await TestBrowser.open(cloud)).signIn(shared, account);
    expect((await shared.claim(claimsOf(tokens).workspace)).status).toBe(200);
    expect((await answerOf(browser.poll(late))).body).toEqual({
      error: 'access_denied',
      error_description: expect.stringContaining('belongs to someone else'),
    });
  });
});

describe('DPoP (RFC 9449 section 4.3)', () => {
  async function approvedLogin(at = instance): Promise<DeviceAuthorization> {
    const login = await browser.startLogin(at);
    await account.approve(login);
    return login;
  }

  test('without a proof there are no tokens, and the code is not used up', async () => {
    const login = await approvedLogin();
    const response = cloud.postForm('/token', {
      client_id: webClientId,
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: login.device_code,
    });
    const { status, body } = await answerOf(response);
    expect(status).toBe(400);
    expect(body.error).toMatch(/^invalid_(request|grant|dpop_proof)$/);
    expect((await browser.poll(login)).status).toBe(200);
  });

  const wrongProofs: [rule: string, header: Members, claims: Members][] = [
    ['typ', { typ: 'JWT' }, {}],
    ['htm', {}, { htm: 'GET' }],
    ['htu: another path', {}, { htu: 'PATH' }],
    ['htu: another host', {}, { htu: 'http://evil.test/token' }],
    ['htu: missing', {}, { htu: undefined }],
    ['iat: missing', {}, { iat: undefined }],
    ['iat: a string', {}, { iat: '1800000000' }],
    ['jti: missing', {}, { jti: undefined }],
    ['jti: empty', {}, { jti: '' }],
  ];
  test.each(wrongProofs)('one wrong member is enough: %s', async (_rule, header, claims) => {
    const login = await approvedLogin();
    const htu = claims.htu === 'PATH' ? { htu: `${cloud.url}/reg` } : {};
    const proof = await browser.proof(header, { ...claims, ...htu });
    expect(await refusal(browser.poll(login, proof))).toBe('invalid_dpop_proof');
    expect((await browser.poll(login)).status).toBe(200);
  });

  test('a signature by another key than the one it carries', async () => {
    const login = await approvedLogin();
    const thief = await TestBrowser.open(cloud);
    const proof = await thief.proof({ jwk: browser.publicJwk });
    expect(await refusal(browser.poll(login, proof))).toBe('invalid_dpop_proof');
  });

  test('another algorithm', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
    const proof = await new SignJWT({ htm: 'POST', htu: `${cloud.url}/token`, jti: 'x' })
      .setIssuedAt()
      .setProtectedHeader({ alg: 'ES384', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
      .sign(privateKey);
    expect(await refusal(browser.poll(await approvedLogin(), proof))).toBe('invalid_dpop_proof');
  });

  test.each([-400, 400])(
    'a clock that is %i s off is asked to use a nonce, once, and may',
    async (seconds) => {
      const login = await approvedLogin();
      const iat = Math.floor(Date.now() / 1_000) + seconds;
      const { body, headers } = await answerOf(browser.poll(login, await browser.proof({}, { iat })));
      expect(body.error).toBe('use_dpop_nonce');
      const nonce = headers.get('dpop-nonce');
      expect(nonce).toEqual(expect.any(String));
      expect(headers.get('access-control-expose-headers')).toContain('DPoP-Nonce');
      expect((await browser.poll(login, await browser.proof({}, { iat, nonce }))).status).toBe(200);
    },
  );

  test('a nonce that nobody gave', async () => {
    const proof = await browser.proof({}, { nonce: 'x'.repeat(43) });
    expect(await refusal(browser.poll(await approvedLogin(), proof))).toBe('use_dpop_nonce');
  });

  test('row 20: of the same proof for five codes at once one counts', async () => {
    const logins = await Promise.all(
      Array.from({ length: 5 }, async () => approvedLogin(await TestInstance.register(cloud))),
    );
    const proof = await browser.proof();
    const statuses = await Promise.all(
      logins.map(async (login) => (await browser.poll(login, proof)).status),
    );
    expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 400, 400, 400, 400]);
  });
});

test('an independent client library completes it', async () => {
  const issuer = new URL(cloud.url);
  const insecure = { [oauth.allowInsecureRequests]: true };
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
  );
  const client: oauth.Client = { client_id: webClientId };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const { resource } = instance;
  const login = await oauth.processDeviceAuthorizationResponse(
    server,
    client,
    await oauth.deviceAuthorizationRequest(
      server,
      client,
      oauth.None(),
      { resource, scope: 'instance', dpop_jkt: await DPoP.calculateThumbprint() },
      insecure,
    ),
  );
  await account.approve({ user_code: login.user_code, match_code: login.match_code as string });
  const first = await oauth.processDeviceCodeResponse(
    server,
    client,
    await oauth.deviceCodeGrantRequest(server, client, oauth.None(), login.device_code, {
      DPoP,
      ...insecure,
    }),
  );
  const second = await oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, oauth.None(), first.refresh_token ?? '', {
      DPoP,
      ...insecure,
    }),
  );
  // The instance's side: the library checks the token and its proof as RFC 9449 section 7 says.
  let received: Request | undefined;
  await oauth.protectedResourceRequest(
    second.access_token,
    'POST',
    new URL('http://127.0.0.1:8080/graphql'),
    undefined,
    null,
    {
      DPoP,
      ...insecure,
      [oauth.customFetch]: async (url, init) => {
        received = new Request(url, init);
        return Response.json({});
      },
    },
  );
  const claims = await oauth.validateJwtAccessToken(server, received as Request, resource, insecure);
  expect(claims).toMatchObject({ aud: resource, client_id: webClientId, workspace_name: 'ann’s workspace' });
});
