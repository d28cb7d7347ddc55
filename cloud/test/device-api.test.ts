import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { answerOf, claimsOf, company, TestAccount, type TestBrowser, TestInstance } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

const actions = ['lookup', 'approve', 'deny'] as const;

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

async function userCode(): Promise<string> {
  return (await browser.startLogin(instance)).user_code;
}

/** Asserts that nobody has decided about a code. */
async function expectUndecided(code: string): Promise<void> {
  expect((await account.device('lookup', { user_code: code })).status).toBe(200);
}

describe('lookup', () => {
  test('says which instance asks, from where, and since when', async () => {
    const response = await cloud.postForm(
      '/device/auth',
      { client_id: 'holdfast-web', resource: instance.resource },
      {
        origin: 'http://127.0.0.1:8080',
        'user-agent': 'Mozilla/5.0 (test)',
        'x-forwarded-for': '203.0.113.7',
        'x-real-ip': '203.0.113.7',
        forwarded: 'for=203.0.113.7',
      },
    );
    const { user_code } = (await response.json()) as { user_code: string };
    const { status, body } = await answerOf(account.device('lookup', { user_code }));
    expect(status).toBe(200);
    expect(body).toEqual({
      user_code,
      requested_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      expires_at: expect.any(String),
      requested_from: {
        address: '127.0.0.1',
        user_agent: 'Mozilla/5.0 (test)',
        origin: 'http://127.0.0.1:8080',
      },
      instance: {
        client_id: instance.clientId,
        name: 'Holdfast instance',
        claimed: false,
        registered_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    });
    expect(Date.parse(String(body.expires_at)) - Date.parse(String(body.requested_at))).toBe(300_000);
  });

  test.each([['null'], ['file://'], ['javascript:alert(1)'], ['http://a b'], [`http://${'x'.repeat(300)}`]])(
    'an origin that is none (%s) is not shown, and a long browser name is cut',
    async (origin) => {
      const response = await cloud.postForm(
        '/device/auth',
        { client_id: 'holdfast-web', resource: instance.resource },
        { origin, 'user-agent': 'x'.repeat(2_000) },
      );
      const { user_code } = (await response.json()) as { user_code: string };
      const { body } = await answerOf(account.device('lookup', { user_code }));
      expect(body.requested_from).toEqual({
        address: '127.0.0.1',
        user_agent: 'x'.repeat(256),
        origin: null,
      });
    },
  );

  test('takes the code however a person types it', async () => {
    const code = await userCode();
    const letters = code.replace('-', '');
    for (const typed of [
      code,
      letters,
      letters.toLowerCase(),
      ` ${code}\n`,
      letters.split('').join(' '),
      code.replace('-', '–'),
    ]) {
      const { body } = await answerOf(account.device('lookup', { user_code: typed }));
      expect(body.user_code, typed).toBe(code);
    }
  });

  test('decides nothing', async () => {
    const code = await userCode();
    await expectUndecided(code);
    await expectUndecided(code);
    await account.approve(code);
  });
});

describe.each(actions)('row 33: %s', (action) => {
  test('needs a session', async () => {
    const code = await userCode();
    for (const cookie of [
      '',
      'x=y',
      `${account.cookie.slice(0, -4)}AAAA`,
      account.cookie.replace(/=.*/, '=x.y'),
    ]) {
      const { status, body } = await answerOf(account.device(action, { user_code: code }, { cookie }));
      expect([status, body.error], cookie).toEqual([401, 'login_required']);
      expect(body.error_description).not.toBe('');
    }
    await expectUndecided(code);
  });

  test('comes from the pages of the cloud alone', async () => {
    const code = await userCode();
    const origins = [
      'null',
      'http://evil.test',
      'http://127.0.0.1:8080',
      `${cloud.url}/`,
      `${cloud.url}.evil.test`,
      cloud.url.replace('http:', 'https:'),
      cloud.url.replace('127.0.0.1', 'localhost'),
      cloud.url.replace(/:\d+$/, ''),
      '',
    ];
    for (const origin of origins) {
      const { status, body } = await answerOf(account.device(action, { user_code: code }, { origin }));
      expect([status, body.error], origin).toEqual([403, 'invalid_origin']);
    }
    const withoutOrigin = await cloud.post(
      `/api/device/${action}`,
      { user_code: code },
      { cookie: account.cookie },
    );
    expect(withoutOrigin.status).toBe(403);
    await expectUndecided(code);
  });

  test('is asked in JSON, which no form can send', async () => {
    const code = await userCode();
    const types = [
      'text/plain',
      'text/plain;application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      '',
    ];
    for (const type of types) {
      const { status, body } = await answerOf(
        account.device(action, { user_code: code }, { 'content-type': type }),
      );
      expect([status, body.error], type).toEqual([415, 'unsupported_media_type']);
    }
    await expectUndecided(code);
  });

  test.each([
    ['{}'],
    ['{"user_code":7}'],
    ['{"user_code":null}'],
    ['{"user_code":["x"]}'],
    ['[]'],
    ['null'],
    ['{'],
    [''],
  ])('%s is no request', async (body) => {
    const response = cloud.get(`/api/device/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: cloud.url, cookie: account.cookie },
      body,
    });
    expect(await answerOf(response)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test('row 10: is never answered to another method', async () => {
    const code = await userCode();
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await cloud.get(`/api/device/${action}?user_code=${code}`, {
        method,
        headers: { 'content-type': 'application/json', origin: cloud.url, cookie: account.cookie },
      });
      expect(response.status, method).toBe(404);
    }
    await expectUndecided(code);
  });

  test('a code that nobody issued', async () => {
    for (const user_code of ['BBBB-BBBB', '', 'AAAA-AAAA', 'BBBB', '0'.repeat(4_000)]) {
      const { status, body } = await answerOf(account.device(action, { user_code }));
      expect([status, body.error], user_code).toEqual([404, 'invalid_user_code']);
      expect(body.error_description).toContain('no such code');
    }
  });

  test('a code that has expired', async () => {
    const code = await userCode();
    moveClock(301);
    const { status, body } = await answerOf(account.device(action, { user_code: code }));
    expect([status, body.error]).toEqual([410, 'expired_token']);
    expect(body.error_description).toContain('expired');
  });

  test.each(['approve', 'deny'] as const)('a code after its %s', async (decision) => {
    const code = await userCode();
    expect((await account.device(decision, { user_code: code })).status).toBe(200);
    const { status, body } = await answerOf(account.device(action, { user_code: code }));
    expect([status, body.error]).toEqual([409, 'already_decided']);
    expect(body.error_description).toContain('already');
  });

  test('a code that was redeemed', async () => {
    const login = await browser.startLogin(instance);
    await account.approve(login.user_code);
    expect((await browser.poll(login)).status).toBe(200);
    const { status, body } = await answerOf(account.device(action, { user_code: login.user_code }));
    expect([status, body.error]).toEqual([409, 'already_decided']);
  });
});

describe('approve', () => {
  test('and deny say what was decided', async () => {
    const approval = await answerOf(account.device('approve', { user_code: await userCode() }));
    expect([approval.status, approval.body]).toEqual([200, { decision: 'approved' }]);
    expect(approval.headers.get('cache-control')).toBe('no-store');
    const denial = await answerOf(account.device('deny', { user_code: await userCode() }));
    expect([denial.status, denial.body]).toEqual([200, { decision: 'denied' }]);
  });

  test('with a bad name decides nothing', async () => {
    const code = await userCode();
    for (const name of ['', '   ', 'x'.repeat(65), 'a\u0000b', 'a\u202eb', 7, {}, []]) {
      const response = account.device('approve', { user_code: code, instance_name: name });
      expect(await answerOf(response), JSON.stringify(name)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', error_description: expect.stringContaining('64 characters') },
      });
    }
    await expectUndecided(code);
  });

  test('leaves a pending code pending for everybody else', async () => {
    const [one, other] = [await browser.startLogin(instance), await browser.startLogin(instance)];
    await account.approve(one.user_code);
    expect((await answerOf(browser.poll(other))).body.error).toBe('authorization_pending');
  });
});

describe('an instance that belongs to someone else', () => {
  let owned: TestInstance;
  let stranger: TestAccount;

  beforeAll(async () => {
    owned = await TestInstance.register(cloud);
    stranger = await TestAccount.signUp(cloud, 'bob');
    const tokens = await browser.signIn(owned, account, 'Ann’s secret lab');
    expect((await owned.claim(claimsOf(tokens).workspace)).status).toBe(200);
  });

  test('lookup: it is claimed; its name is its owner’s business', async () => {
    const { user_code } = await browser.startLogin(owned);
    const { body: theirs } = await answerOf(stranger.device('lookup', { user_code }));
    expect(theirs.instance).toMatchObject({ client_id: owned.clientId, name: null, claimed: true });
    const { body: mine } = await answerOf(account.device('lookup', { user_code }));
    expect(mine.instance).toMatchObject({ name: 'Ann’s secret lab', claimed: true });
  });

  test('approve: refused in its own words, which the web app hears as well', async () => {
    const login = await browser.startLogin(owned);
    const refused = await answerOf(stranger.device('approve', { user_code: login.user_code }));
    expect([refused.status, refused.body.error]).toEqual([403, 'access_denied']);
    expect(refused.body.error_description).toContain('This instance belongs to someone else.');
    const { body } = await answerOf(browser.poll(login));
    expect(body).toEqual({ error: 'access_denied', error_description: refused.body.error_description });
  });

  test('deny: anybody who holds the code may', async () => {
    const login = await browser.startLogin(owned);
    expect((await stranger.device('deny', { user_code: login.user_code })).status).toBe(200);
    expect((await answerOf(browser.poll(login))).body.error).toBe('access_denied');
  });

  test('its owner still gets in', async () => {
    expect(claimsOf(await browser.signIn(owned, account)).aud).toBe(owned.resource);
  });

  test('the refused approval gives no right to claim', async () => {
    const unclaimed = await TestInstance.register(cloud);
    const theirs = claimsOf(await browser.signIn(unclaimed, stranger));
    const login = await browser.startLogin(owned);
    await stranger.device('approve', { user_code: login.user_code });
    expect((await owned.claim(theirs.workspace)).status).toBe(403);
  });
});

describe('a session that another page on the same host name planted', () => {
  test.each(actions)('a second session cookie: %s decides nothing', async (action) => {
    const mallory = await TestAccount.signUp(cloud, `mallory-${action}`);
    const code = await userCode();
    for (const cookie of [`${mallory.cookie}; ${account.cookie}`, `${account.cookie}; ${mallory.cookie}`]) {
      const { status, body } = await answerOf(account.device(action, { user_code: code }, { cookie }));
      expect([status, body.error]).toEqual([409, 'ambiguous_session']);
    }
    await expectUndecided(code);
  });

  test.each(actions)('another account than the page shows: %s decides nothing', async (action) => {
    const code = await userCode();
    const { status, body } = await answerOf(
      account.device(action, { user_code: code, account_id: 'somebody else' }),
    );
    expect([status, body.error]).toEqual([409, 'account_changed']);
    await expectUndecided(code);
  });
});

describe('row 11: guessing codes', () => {
  test('ends after 20 wrong codes in five minutes, for that account alone', async () => {
    moveClock(0);
    await using cloud = await TestCloud.start();
    const { instance, account, browser } = await company(cloud);
    const other = await TestAccount.signUp(cloud, 'bob');
    const { user_code } = await browser.startLogin(instance);
    const guesses: number[] = [];
    for (let guess = 0; guess < 22; guess += 1) {
      const action = actions[guess % 3] ?? 'lookup';
      guesses.push((await account.device(action, { user_code: 'BBBB-BBBB' })).status);
    }
    expect(guesses).toEqual([...Array<number>(20).fill(404), 429, 429]);

    const { status, body, headers } = await answerOf(account.device('approve', { user_code }));
    expect([status, body.error]).toEqual([429, 'too_many_attempts']);
    expect(body.error_description).toContain('5 minutes');
    expect(headers.get('retry-after')).toBe('300');
    expect((await other.device('lookup', { user_code })).status).toBe(200);

    const again = await TestAccount.signIn(cloud);
    expect((await again.device('lookup', { user_code })).status).toBe(429);
    moveClock(301);
    const { user_code: fresh } = await browser.startLogin(instance);
    expect((await account.device('lookup', { user_code: fresh })).status).toBe(200);
  });

  test('many guesses at once are no more than one after the other', async () => {
    await using cloud = await TestCloud.start();
    const { account } = await company(cloud);
    const statuses = await Promise.all(
      Array.from(
        { length: 60 },
        async () => (await account.device('lookup', { user_code: 'BBBB-BBBB' })).status,
      ),
    );
    expect(statuses.filter((status) => status === 404)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(40);
  });

  test('right codes cost nothing', async () => {
    await using cloud = await TestCloud.start();
    const { instance, account, browser } = await company(cloud);
    const { user_code } = await browser.startLogin(instance);
    for (let lookup = 0; lookup < 30; lookup += 1) {
      expect((await account.device('lookup', { user_code })).status).toBe(200);
    }
  });
});
