import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawRequest } from './raw-request.ts';
import {
  answerOf,
  claimsOf,
  company,
  type Registration,
  type TestAccount,
  TestBrowser,
  TestInstance,
} from './test-clients.ts';
import { freePort, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let account: TestAccount;
let browser: TestBrowser;

beforeAll(async () => {
  cloud = await TestCloud.start();
  ({ account, browser } = await company(cloud));
});

afterAll(async () => cloud[Symbol.asyncDispose]());

/** A request to the client configuration endpoint of an instance, with the registration access token it got. */
async function manage(
  method: string,
  { registration }: TestInstance,
  token: string | null = registration.registration_access_token,
): Promise<Response> {
  const headers = token === null ? undefined : { authorization: `Bearer ${token}` };
  return fetch(registration.registration_client_uri, { method, ...(headers && { headers }) });
}

/** An instance that the account owns and is signed in to. */
async function ownedInstance() {
  const instance = await TestInstance.register(cloud);
  const tokens = await browser.signIn(instance, account, 'Lab');
  expect((await instance.claim(claimsOf(tokens).workspace)).status).toBe(200);
  return { instance, tokens };
}

async function listedInstances(): Promise<string[]> {
  const { body } = await answerOf(cloud.get('/api/instances', { headers: { cookie: account.cookie } }));
  return (body.instances as { client_id: string }[]).map(({ client_id }) => client_id);
}

/** What the database holds about the instance, table by table; OAuth records by their kinds. */
function recordsOf({ clientId }: TestInstance): string[] {
  using database = new DatabaseSync(cloud.file('cloud.db'), { readOnly: true });
  return ['oauth_records', 'instances', 'instance_approvals'].flatMap((table) =>
    database
      .prepare(`select * from ${table}`)
      .all()
      .filter((row) => JSON.stringify(row).includes(clientId))
      .map(({ kind }) => (typeof kind === 'string' ? kind : table))
      .toSorted(),
  );
}

describe('RFC 7592 section 2.1: reading a registration', () => {
  test('shows what was registered and where it is managed, without the secret', async () => {
    const instance = await TestInstance.register(cloud);
    const { registration_access_token, registration_client_uri } = instance.registration;
    const { status, body, headers } = await answerOf(manage('GET', instance));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      client_id: instance.clientId,
      client_name: 'Holdfast instance',
      grant_types: ['client_credentials'],
      registration_access_token,
      registration_client_uri,
    });
    expect(Object.keys(body).filter((member) => member.startsWith('client_secret'))).toEqual([]);
    expect(headers.get('cache-control')).toContain('no-store');
  });

  test('is where the registration said, at the issuer, also behind a proxy', async () => {
    const listen = { host: '127.0.0.1', port: await freePort() };
    await using cloud = await TestCloud.start({}, { listen, issuer: 'https://cloud.example.com' });
    const ask = async (method: string, path: string, headers: [string, string][] = []) =>
      rawRequest(cloud.port, {
        method,
        path,
        headers: [['Host', 'Cloud.example.com'], ...headers],
        body: '{}',
      });
    const registered = await ask('POST', '/reg', [['Content-Type', 'application/json']]);
    const registration = JSON.parse(registered.text) as Registration;
    const uri = `https://cloud.example.com/reg/${registration.client_id}`;
    expect(registration.registration_client_uri).toBe(uri);
    const authorization = `Bearer ${registration.registration_access_token}`;
    const read = await ask('GET', new URL(uri).pathname, [['Authorization', authorization]]);
    expect(JSON.parse(read.text)).toMatchObject({ registration_client_uri: uri });
    const deleted = await ask('DELETE', new URL(uri).pathname, [['Authorization', authorization]]);
    expect(deleted.status).toBe(204);
  });

  test('the web app, which nobody registered, has none', async () => {
    const { registration } = await TestInstance.register(cloud);
    const authorization = `Bearer ${registration.registration_access_token}`;
    expect((await cloud.get('/reg/holdfast-web', { headers: { authorization } })).status).toBe(401);
  });
});

test('RFC 7592 section 2.2: there is no update', async () => {
  const instance = await TestInstance.register(cloud);
  for (const method of ['PUT', 'PATCH', 'POST']) {
    const response = await manage(method, instance);
    expect(response.status, method).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, DELETE');
  }
  expect((await instance.requestToken()).status).toBe(200);
});

describe('RFC 7592 section 2.3: deleting a registration', () => {
  test('ends everything that belonged to the instance', async () => {
    const { instance, tokens } = await ownedInstance();
    const instanceToken = await instance.token();
    const pending = await browser.startLogin(instance);
    await browser.poll(pending);
    const approved = await (await TestBrowser.open(cloud)).startLogin(instance);
    await account.approve(approved);
    expect(await listedInstances()).toContain(instance.clientId);
    expect(new Set(recordsOf(instance))).toEqual(
      new Set([
        ...['ClientCredentials', 'DeviceCode', 'Grant', 'RefreshToken', 'RegistrationAccessToken'],
        ...['instances', 'instance_approvals'],
      ]),
    );

    const response = await manage('DELETE', instance);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');

    expect(recordsOf(instance)).toEqual([]);
    expect(await listedInstances()).not.toContain(instance.clientId);
    expect(await answerOf(browser.refresh(tokens.refresh_token)), 'the refresh token').toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    for (const login of [pending, approved]) {
      expect(await answerOf(browser.poll(login)), 'a device code').toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    }
    expect((await account.device('lookup', { user_code: pending.user_code })).status, 'a user code').toBe(
      404,
    );
    expect(await answerOf(browser.requestDeviceCode({ resource: instance.resource }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    });
    expect((await instance.requestToken()).status, 'the client secret').toBe(401);
    expect((await instance.call('GET', '/api/instance', instanceToken)).status, 'the instance token').toBe(
      401,
    );
    expect((await manage('GET', instance)).status, 'the registration access token').toBe(401);
    expect((await manage('DELETE', instance)).status, 'the registration access token').toBe(401);
  });

  test('leaves no polls behind', async () => {
    const instance = await TestInstance.register(cloud);
    const polls = () => {
      using database = new DatabaseSync(cloud.file('cloud.db'), { readOnly: true });
      return Number(database.prepare('select count(*) as n from device_polls').get()?.n);
    };
    const before = polls();
    await browser.poll(await browser.startLogin(instance));
    expect(polls()).toBe(before + 1);
    await manage('DELETE', instance);
    expect(polls()).toBe(before);
  });

  test('touches nothing of other instances of the same owner', async () => {
    const [gone, kept] = [await ownedInstance(), await ownedInstance()];
    const pending = await browser.startLogin(kept.instance);
    const instanceToken = await kept.instance.token();
    const before = recordsOf(kept.instance);
    await manage('DELETE', gone.instance);
    expect(recordsOf(kept.instance)).toEqual(before);
    expect(await listedInstances()).toContain(kept.instance.clientId);
    expect((await browser.refresh(kept.tokens.refresh_token)).status).toBe(200);
    expect((await kept.instance.call('GET', '/api/instance', instanceToken)).status).toBe(200);
    await account.approve(pending);
    expect((await browser.poll(pending)).status).toBe(200);
  });

  test.each([
    ['no token', () => null],
    ['a token that nobody issued', () => 'x'.repeat(43)],
    [
      'the token of another instance',
      (_own: TestInstance, other: TestInstance) => other.registration.registration_access_token,
    ],
    ['its own instance token', async (own: TestInstance) => own.token()],
    ['its client secret', (own: TestInstance) => own.clientSecret],
  ])('takes its own registration access token, not %s', async (_what, tokenOf) => {
    const [instance, other] = [await TestInstance.register(cloud), await TestInstance.register(cloud)];
    const response = await manage('DELETE', instance, await tokenOf(instance, other));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect((await instance.requestToken()).status).toBe(200);
    expect((await other.requestToken()).status).toBe(200);
  });

  test('takes the token from the header, not from the query', async () => {
    const instance = await TestInstance.register(cloud);
    const { registration_client_uri: uri, registration_access_token: token } = instance.registration;
    expect((await fetch(`${uri}?access_token=${token}`, { method: 'DELETE' })).status).toBe(400);
    expect((await instance.requestToken()).status).toBe(200);
  });

  test('of two at once one deletes, and none fails', async () => {
    const instance = await TestInstance.register(cloud);
    const statuses = await Promise.all([1, 2, 3].map(async () => (await manage('DELETE', instance)).status));
    expect(statuses).toContain(204);
    expect(statuses.every((status) => status === 204 || status === 401)).toBe(true);
  });

  test('is logged by its client ID, without a token', async () => {
    const instance = await TestInstance.register(cloud);
    await manage('DELETE', instance);
    await manage('DELETE', instance);
    const log = cloud.logLines.join('');
    expect(log).toMatch(new RegExp(`"clientId":"${instance.clientId}","msg":"an instance was deregistered"`));
    expect(log).toContain('"route":"client_delete","error":"invalid_token"');
    expect(log).not.toContain(instance.registration.registration_access_token);
  });
});

test('row 7: one address deletes no faster than it registers', async () => {
  await using cloud = await TestCloud.start();
  const instance = await TestInstance.register(cloud);
  const statuses: number[] = [];
  for (let count = 0; count < 61; count += 1)
    statuses.push((await cloud.get('/reg/x', { method: 'DELETE' })).status);
  expect(statuses).toEqual([...Array<number>(59).fill(401), 429, 429]);
  expect((await manage('GET', instance)).status).toBe(200);
});
