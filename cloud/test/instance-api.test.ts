import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  answerOf,
  claimsOf,
  company,
  type DeviceAuthorization,
  type Members,
  TestAccount,
  type TestBrowser,
  TestInstance,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let instance: TestInstance;
let account: TestAccount;
let browser: TestBrowser;

beforeAll(async () => {
  cloud = await TestCloud.start();
  ({ account, browser } = await company(cloud));
});

beforeEach(async () => {
  instance = await TestInstance.register(cloud);
});

afterEach(() => vi.useRealTimers());
afterAll(async () => cloud[Symbol.asyncDispose]());

async function stranger(): Promise<TestAccount> {
  return TestAccount.signUp(cloud, randomUUID());
}

/** The workspace of an account that approved a login for the instance. */
async function approvingWorkspace(by = account, name?: string): Promise<string> {
  return String(claimsOf(await browser.signIn(instance, by, name)).workspace);
}

async function read(of = instance): Promise<Members> {
  return (await (await of.call('GET', '/api/instance', await of.token())).json()) as Members;
}

test('an instance reads its own record', async () => {
  const { status, body, headers } = await answerOf(
    instance.call('GET', '/api/instance', await instance.token()),
  );
  expect(status).toBe(200);
  expect(body).toEqual({
    client_id: instance.clientId,
    name: null,
    registered_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    owner: null,
  });
  expect(headers.get('cache-control')).toBe('no-store');
});

describe('claiming', () => {
  test('records the workspace that approved a login, and the name that was chosen', async () => {
    const workspace = await approvingWorkspace(account, 'Lab');
    const { status, body } = await answerOf(instance.claim(workspace));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      client_id: instance.clientId,
      name: 'Lab',
      owner: { workspace, workspace_name: 'ann’s workspace', claimed_at: expect.stringMatching(/Z$/) },
    });
    expect(await read()).toEqual(body);
  });

  test('without a chosen name it keeps the one it gave itself', async () => {
    await instance.claim(await approvingWorkspace());
    expect(await read()).toMatchObject({ name: 'Holdfast instance' });
  });

  test('the name is that of the last approval', async () => {
    await approvingWorkspace(account, 'First');
    await instance.claim(await approvingWorkspace(account, 'Second'));
    expect(await read()).toMatchObject({ name: 'Second' });
  });

  test('again by the same workspace changes nothing', async () => {
    const workspace = await approvingWorkspace(account, 'Lab');
    const { body: first } = await answerOf(instance.claim(workspace));
    moveClock(60);
    await approvingWorkspace(account, 'Other');
    const { status, body: second } = await answerOf(instance.claim(workspace));
    expect(status).toBe(200);
    expect(second).toEqual(first);
  });

  test('by another workspace that approved a login before: too late', async () => {
    const theirs = await approvingWorkspace(await stranger(), 'Bob’s');
    const mine = await approvingWorkspace(account, 'Ann’s');
    await instance.claim(mine);
    expect(await answerOf(instance.claim(theirs))).toMatchObject({
      status: 409,
      body: { error: 'already_claimed', error_description: expect.stringContaining('another workspace') },
    });
    expect(await read()).toMatchObject({ name: 'Ann’s', owner: { workspace: mine } });
  });

  test('by a workspace that approved nothing', async () => {
    const elsewhere = await TestInstance.register(cloud);
    const other = String(claimsOf(await browser.signIn(elsewhere, account)).workspace);
    for (const workspace of [other, randomUUID(), '-', "' or 1=1 --"]) {
      expect(await answerOf(instance.claim(workspace)), workspace).toMatchObject({
        status: 403,
        body: { error: 'not_approved', error_description: expect.stringContaining('approved a login') },
      });
    }
    expect(await read()).toMatchObject({ owner: null });
  });

  test('by a workspace whose member denied, or has not decided', async () => {
    const elsewhere = await TestInstance.register(cloud);
    const workspace = claimsOf(await browser.signIn(elsewhere, account)).workspace;
    const login = await browser.startLogin(instance);
    expect((await instance.claim(workspace)).status).toBe(403);
    await account.device('deny', { user_code: login.user_code });
    expect((await instance.claim(workspace)).status).toBe(403);
  });

  test('claims nothing for another instance', async () => {
    const other = await TestInstance.register(cloud);
    const workspace = await approvingWorkspace();
    expect((await other.claim(workspace)).status).toBe(403);
    await instance.claim(workspace);
    expect(await read(other)).toMatchObject({ owner: null });
  });

  test('by what is no workspace', async () => {
    for (const workspace of [undefined, null, 7, '', ['x'], {}]) {
      expect(await answerOf(instance.claim(workspace)), JSON.stringify(workspace)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    }
  });

  test('row 1: of 20 claims at once by two approved workspaces, one workspace wins', async () => {
    const mine = await approvingWorkspace();
    const theirs = await approvingWorkspace(await stranger());
    const token = await instance.token();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const workspace = index % 2 === 0 ? mine : theirs;
        const response = await instance.call('PUT', '/api/instance/owner', token, { workspace });
        return { workspace, status: response.status };
      }),
    );
    const owner = String(((await read()).owner as Members).workspace);
    expect([mine, theirs]).toContain(owner);
    for (const { workspace, status } of answers) expect(status).toBe(workspace === owner ? 200 : 409);
  });

  test('row 3: an answer that got lost is asked for again, also after a restart', async () => {
    const workspace = await approvingWorkspace();
    await instance.claim(workspace);
    const before = await read();
    await cloud.restart();
    expect((await instance.claim(workspace)).status).toBe(200);
    expect(await read()).toEqual(before);
  });
});

describe('renaming', () => {
  const rename = async (name: unknown) =>
    instance.call('PATCH', '/api/instance', await instance.token(), { name });

  test('gives a claimed instance another name', async () => {
    await instance.claim(await approvingWorkspace(account, 'Lab'));
    const { status, body } = await answerOf(rename('  Küche 🍳 '));
    expect(status).toBe(200);
    expect(body).toMatchObject({ client_id: instance.clientId, name: 'Küche 🍳' });
    expect(await read()).toEqual(body);
  });

  test('needs a claim first', async () => {
    expect(await answerOf(rename('Lab'))).toMatchObject({
      status: 409,
      body: { error: 'unclaimed', error_description: expect.stringContaining('Claim it first') },
    });
    expect(await read()).toMatchObject({ name: null });
  });

  test('needs a name', async () => {
    await instance.claim(await approvingWorkspace(account, 'Lab'));
    for (const name of [undefined, null, 7, '', '   ', 'x'.repeat(65), 'a\nb', 'a\u202eb', ['x']]) {
      expect(await answerOf(rename(name)), JSON.stringify(name)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      });
    }
    expect(await read()).toMatchObject({ name: 'Lab' });
  });
});

describe('the instance token', () => {
  const calls: [method: string, path: string, body?: unknown][] = [
    ['GET', '/api/instance'],
    ['PUT', '/api/instance/owner', { workspace: 'x' }],
    ['PATCH', '/api/instance', { name: 'x' }],
  ];

  test.each(calls)('%s %s is refused without one', async (method, path, body) => {
    const response = cloud.get(path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status, body: answer, headers } = await answerOf(response);
    expect([status, answer.error]).toEqual([401, 'invalid_token']);
    expect(headers.get('www-authenticate')).toBe(`Bearer realm="${cloud.url}"`);
  });

  test.each(calls)('%s %s is refused with anything else', async (method, path, body) => {
    const { access_token: userToken, refresh_token: refreshToken } = await browser.signIn(instance, account);
    const wrong = {
      unknown: 'Bearer x',
      'a user’s access token': `Bearer ${userToken}`,
      'a user’s access token as DPoP': `DPoP ${userToken}`,
      'a refresh token': `Bearer ${refreshToken}`,
      'the registration token': `Bearer ${instance.registration.registration_access_token}`,
      'the client credentials': instance.credentials().authorization,
      'two tokens': `Bearer ${await instance.token()}, Bearer x`,
      'the token alone': await instance.token(),
    };
    for (const [what, authorization] of Object.entries(wrong)) {
      const response = await cloud.get(path, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      expect(response.status, what).toBe(401);
      expect(response.headers.get('www-authenticate'), what).toContain('error="invalid_token"');
    }
    const inQuery = await cloud.get(`${path}?access_token=${await instance.token()}`, { method });
    expect(inQuery.status).toBe(401);
    const bySession = await cloud.get(path, {
      method,
      headers: { cookie: account.cookie, origin: cloud.url },
    });
    expect(bySession.status).toBe(401);
  });

  test('ends with its lifetime', async () => {
    const token = await instance.token();
    moveClock(599);
    expect((await instance.call('GET', '/api/instance', token)).status).toBe(200);
    moveClock(2);
    expect((await instance.call('GET', '/api/instance', token)).status).toBe(401);
  });

  test('shows no other instance', async () => {
    const other = await TestInstance.register(cloud);
    const token = await instance.token();
    expect((await instance.call('GET', `/api/instance/${other.clientId}`, token)).status).toBe(404);
    expect((await instance.call('GET', `/api/instance?client_id=${other.clientId}`, token)).status).toBe(200);
    const { body } = await answerOf(instance.call('GET', `/api/instance?client_id=${other.clientId}`, token));
    expect(body.client_id).toBe(instance.clientId);
  });
});

describe('bodies', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', ''])('not as “%s”', async (type) => {
    const response = await cloud.get('/api/instance/owner', {
      method: 'PUT',
      headers: { authorization: `Bearer ${await instance.token()}`, 'content-type': type },
      body: '{"workspace":"x"}',
    });
    expect(response.status).toBe(415);
  });

  test.each(['{', '[]', 'null', ''])('not %j', async (body) => {
    const response = await cloud.get('/api/instance', {
      method: 'PATCH',
      headers: { authorization: `Bearer ${await instance.token()}`, 'content-type': 'application/json' },
      body,
    });
    expect(await answerOf(response)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test('whose length is not announced', async () => {
    const workspace = await approvingWorkspace();
    const response = await cloud.get('/api/instance/owner', {
      method: 'PUT',
      headers: { authorization: `Bearer ${await instance.token()}`, 'content-type': 'application/json' },
      body: new Blob([JSON.stringify({ workspace })]).stream(),
      duplex: 'half',
    });
    expect(await answerOf(response)).toMatchObject({ status: 200, body: { owner: { workspace } } });
  });
});

describe('a person’s own list of instances', () => {
  const list = async (cookie: string) => cloud.get('/api/instances', { headers: { cookie } });

  test('has what they own, the newest first, and nothing else', async () => {
    const account = await stranger();
    expect(await (await list(account.cookie)).json()).toEqual({ instances: [] });
    const [second, foreign] = [await TestInstance.register(cloud), await TestInstance.register(cloud)];
    await instance.claim(await approvingWorkspace(account, 'One'));
    moveClock(1);
    await second.claim(claimsOf(await browser.signIn(second, account, 'Two')).workspace);
    await foreign.claim(claimsOf(await browser.signIn(foreign, await stranger(), 'Bob’s')).workspace);
    const origin = 'https://two.example.test';
    const login = await browser.requestDeviceCode({ resource: second.resource }, { origin });
    await account.approve((await login.json()) as DeviceAuthorization);
    const own = { claimed_at: expect.stringMatching(/Z$/), role: 'owner' };
    const used_at = expect.stringMatching(/Z$/);
    expect(await (await list(account.cookie)).json()).toEqual({
      instances: [
        { client_id: second.clientId, name: 'Two', ...own, origins: [{ origin, used_at }] },
        { client_id: instance.clientId, name: 'One', ...own, origins: [] },
      ],
    });
  });

  test('row 6: is answered 120 times a minute for one account, which may have many', async () => {
    const [account, other] = [await stranger(), await stranger()];
    const again = await TestAccount.signIn(cloud, account.email.split('@', 1)[0]);
    const statuses: number[] = [];
    for (let asked = 0; asked < 60; asked += 1) {
      for (const { cookie } of [account, again]) statuses.push((await list(cookie)).status);
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    const refused = await list(account.cookie);
    expect(await answerOf(refused.clone())).toMatchObject({
      status: 429,
      body: { error: 'too_many_attempts' },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await list(other.cookie)).status).toBe(200);
  });

  test('needs a session', async () => {
    for (const cookie of ['', 'x=y']) {
      expect(await answerOf(list(cookie))).toMatchObject({ status: 401, body: { error: 'login_required' } });
    }
    const byToken = await cloud.get('/api/instances', {
      headers: { authorization: `Bearer ${await instance.token()}` },
    });
    expect(byToken.status).toBe(401);
  });
});
