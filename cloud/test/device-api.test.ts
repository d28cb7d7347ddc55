import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from './command.ts';
import {
  answerOf,
  claimsOf,
  company,
  type DeviceAuthorization,
  type MatchedCode,
  type Members,
  TestAccount,
  TestBrowser,
  TestInstance,
  type Tokens,
  webClientId,
} from './test-clients.ts';
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

/** A code that waits for a decision, with what it takes to approve it. */
async function pendingCode(): Promise<MatchedCode> {
  const { user_code, match_code } = await browser.startLogin(instance);
  return { user_code, match_code };
}

/** Asserts that nobody has decided about a code. */
async function expectUndecided({ user_code }: Pick<MatchedCode, 'user_code'>): Promise<void> {
  expect((await account.device('lookup', { user_code })).status).toBe(200);
}

describe('lookup', () => {
  test('says which instance asks, from where, and since when', async () => {
    const response = await cloud.postForm(
      '/device/auth',
      { client_id: webClientId, resource: instance.resource, dpop_jkt: browser.jkt },
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
        foreign: false,
        registered_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        known_origins: [],
      },
      binding: { origin: 'http://127.0.0.1:8080', challenge: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(Date.parse(String(body.expires_at)) - Date.parse(String(body.requested_at))).toBe(300_000);
  });

  test.each([
    ['null'],
    ['file://'],
    ['javascript:alert(1)'],
    ['http://a b'],
    [`http://${'x'.repeat(300)}`],
    ['http://['],
    ['http://%'],
    ['http://evil.test:80@localhost'],
    ['http://evil.test#.localhost'],
    ['http://evil.test\\.localhost'],
    ['http://127.0.0.1?x'],
    ['http://127.0.0.1/'],
    ['http://127.1'],
    ['http://127.0.0.1:80'],
    ['http://127.0.0.1:99999'],
    ['HTTP://127.0.0.1'],
  ])('an origin that is none (%s) is not shown, and a long browser name is cut', async (origin) => {
    const response = await cloud.postForm(
      '/device/auth',
      { client_id: webClientId, resource: instance.resource, dpop_jkt: browser.jkt },
      { origin, 'user-agent': 'x'.repeat(2_000) },
    );
    const { user_code } = (await response.json()) as { user_code: string };
    const { status, body } = await answerOf(account.device('lookup', { user_code }));
    expect([status, body.binding]).toEqual([200, null]);
    expect(body.requested_from).toEqual({
      address: '127.0.0.1',
      user_agent: 'x'.repeat(256),
      origin: null,
    });
  });

  test('takes the code however a person types it', async () => {
    const { user_code: code } = await pendingCode();
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
    const code = await pendingCode();
    await expectUndecided(code);
    await expectUndecided(code);
    await account.approve(code);
  });
});

describe.each(actions)('row 33: %s', (action) => {
  test('needs a session', async () => {
    const code = await pendingCode();
    for (const cookie of [
      '',
      'x=y',
      `${account.cookie.slice(0, -4)}AAAA`,
      account.cookie.replace(/=.*/, '=x.y'),
    ]) {
      const { status, body } = await answerOf(account.device(action, code, { cookie }));
      expect([status, body.error], cookie).toEqual([401, 'login_required']);
      expect(body.error_description).not.toBe('');
    }
    await expectUndecided(code);
  });

  test('comes from the pages of the cloud alone', async () => {
    const code = await pendingCode();
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
      const { status, body } = await answerOf(account.device(action, code, { origin }));
      expect([status, body.error], origin).toEqual([403, 'invalid_origin']);
    }
    const withoutOrigin = await cloud.post(`/api/device/${action}`, code, { cookie: account.cookie });
    expect(withoutOrigin.status).toBe(403);
    await expectUndecided(code);
  });

  test('is asked in JSON, which no form can send', async () => {
    const code = await pendingCode();
    const types = [
      'text/plain',
      'text/plain;application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      '',
    ];
    for (const type of types) {
      const { status, body } = await answerOf(account.device(action, code, { 'content-type': type }));
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
    const code = await pendingCode();
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await cloud.get(`/api/device/${action}?user_code=${code.user_code}`, {
        method,
        headers: { 'content-type': 'application/json', origin: cloud.url, cookie: account.cookie },
      });
      expect(response.status, method).toBe(404);
    }
    await expectUndecided(code);
  });

  test('a code that nobody issued', async () => {
    const guesser = await TestAccount.signUp(cloud, `guesser-${action}`);
    for (const user_code of ['BBBB-BBBB', '', 'AAAA-AAAA', 'BBBB', '0'.repeat(4_000)]) {
      const { status, body } = await answerOf(guesser.device(action, { user_code, match_code: '00' }));
      expect([status, body.error], user_code).toEqual([404, 'invalid_user_code']);
      expect(body.error_description).toContain('no such code');
    }
  });

  test('a code that has expired', async () => {
    const code = await pendingCode();
    moveClock(301);
    const { status, body } = await answerOf(account.device(action, code));
    expect([status, body.error]).toEqual([410, 'expired_token']);
    expect(body.error_description).toContain('expired');
  });

  test.each(['approve', 'deny'] as const)('a code after its %s', async (decision) => {
    const code = await pendingCode();
    expect((await account.device(decision, code)).status).toBe(200);
    const { status, body } = await answerOf(account.device(action, code));
    expect([status, body.error]).toEqual([409, 'already_decided']);
    expect(body.error_description).toContain('already');
  });

  test('a code that was redeemed', async () => {
    const login = await browser.startLogin(instance);
    await account.approve(login);
    expect((await browser.poll(login)).status).toBe(200);
    const { status, body } = await answerOf(account.device(action, login));
    expect([status, body.error]).toEqual([409, 'already_decided']);
  });
});

describe('approve', () => {
  test('and deny say what was decided', async () => {
    const approval = await answerOf(account.device('approve', await pendingCode()));
    expect([approval.status, approval.body]).toEqual([200, { decision: 'approved' }]);
    expect(approval.headers.get('cache-control')).toBe('no-store');
    const denial = await answerOf(account.device('deny', await pendingCode()));
    expect([denial.status, denial.body]).toEqual([200, { decision: 'denied' }]);
  });

  test('with a bad name decides nothing', async () => {
    const code = await pendingCode();
    for (const name of ['', '   ', 'x'.repeat(65), 'a\u0000b', 'a\u202eb', 7, {}, []]) {
      const response = account.device('approve', { ...code, instance_name: name });
      expect(await answerOf(response), JSON.stringify(name)).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', error_description: expect.stringContaining('64 characters') },
      });
    }
    await expectUndecided(code);
  });

  test('leaves a pending code pending for everybody else', async () => {
    const elsewhere = await TestBrowser.open(cloud);
    const [one, other] = [await elsewhere.startLogin(instance), await browser.startLogin(instance)];
    await account.approve(one);
    expect((await answerOf(browser.poll(other))).body.error).toBe('authorization_pending');
  });
});

describe('rows 10, 14: approving takes evidence that the approving person began the login', () => {
  const origin = 'http://127.0.0.1:8080';

  /** A login that the page of an instance began, as one account sees it. */
  async function boundLogin(at = instance, from = browser) {
    const response = await from.requestDeviceCode({ resource: at.resource }, { origin });
    const { user_code, match_code } = (await response.json()) as MatchedCode;
    const { body } = await answerOf(account.device('lookup', { user_code }));
    const { challenge } = body.binding as { challenge: string };
    return { user_code, match_code, claims: { aud: cloud.url, nonce: challenge, user_code } };
  }

  async function refusalOf(body: unknown): Promise<unknown[]> {
    const { status, body: answer } = await answerOf(account.device('approve', body));
    return [status, answer.error];
  }

  test('a proof by the key of the login is enough, once', async () => {
    const { user_code, claims } = await boundLogin();
    const proof = await browser.approvalProof(claims);
    expect((await account.device('approve', { user_code, proof })).status).toBe(200);
    expect(await refusalOf({ user_code, proof })).toEqual([409, 'already_decided']);
  });

  test('nothing, and what is no match code, decides nothing', async () => {
    const code = await pendingCode();
    for (const match_code of [undefined, '', '7', '777', '７７', 7, null, ['77']]) {
      expect(await refusalOf({ ...code, match_code })).toEqual([400, 'match_code_required']);
    }
    await account.approve(code);
  });

  const wrong: [what: string, claims: Members, header: Members][] = [
    ['another cloud', { aud: 'http://evil.test' }, {}],
    ['another challenge', { nonce: 'x'.repeat(43) }, {}],
    ['another code', { user_code: 'BBBB-BBBB' }, {}],
    ['the type of a DPoP proof', {}, { typ: 'dpop+jwt' }],
    ['no key', {}, { jwk: undefined }],
  ];
  test.each(wrong)(
    'a proof with %s decides nothing, nor is it one wrong match code',
    async (_w, claims, header) => {
      const login = await boundLogin();
      const proof = await browser.approvalProof({ ...login.claims, ...claims }, header);
      expect(await refusalOf({ user_code: login.user_code, proof })).toEqual([403, 'invalid_proof']);
      await account.approve(login);
    },
  );

  test('a proof by another key decides nothing', async () => {
    const thief = await TestBrowser.open(cloud);
    const login = await boundLogin();
    for (const proof of [
      await thief.approvalProof(login.claims),
      await thief.approvalProof(login.claims, { jwk: browser.publicJwk }),
      await browser.proof(),
      'x.y.z',
      '',
    ]) {
      expect(await refusalOf({ user_code: login.user_code, proof })).toEqual([403, 'invalid_proof']);
    }
    await expectUndecided(login);
  });

  test('a proof for one account is none for another', async () => {
    const other = await TestAccount.signUp(cloud, 'carol');
    const login = await boundLogin();
    const proof = await browser.approvalProof(login.claims);
    const { status, body } = await answerOf(other.device('approve', { user_code: login.user_code, proof }));
    expect([status, body.error]).toEqual([403, 'invalid_proof']);
  });

  test('the second wrong match code ends the login, also for the right one', async () => {
    const login = await browser.startLogin(instance);
    const wrongCode = { user_code: login.user_code, match_code: login.match_code === '00' ? '01' : '00' };
    expect(await refusalOf(wrongCode)).toEqual([403, 'wrong_match_code']);
    expect(await refusalOf(wrongCode)).toEqual([403, 'match_codes_used_up']);
    expect(await refusalOf(login)).toEqual([409, 'already_decided']);
    expect((await answerOf(browser.poll(login))).body).toEqual({
      error: 'access_denied',
      error_description: expect.stringContaining('wrong match code'),
    });
  });

  test('one slip is forgiven', async () => {
    const login = await pendingCode();
    const match_code = login.match_code === '00' ? '01' : '00';
    expect(await refusalOf({ ...login, match_code })).toEqual([403, 'wrong_match_code']);
    await account.approve(login);
  });

  test('all hundred match codes at once are two tries', async () => {
    let approved = 0;
    for (let round = 0; round < 3; round += 1) {
      const { user_code } = await browser.startLogin(instance);
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, code) =>
          refusalOf({ user_code, match_code: String(code).padStart(2, '0') }),
        ),
      );
      const judged = answers.filter(([status]) => status === 200 || status === 403);
      expect(judged.length).toBeLessThanOrEqual(2);
      approved += judged.filter(([status]) => status === 200).length;
    }
    expect(approved).toBeLessThan(3);
  });

  test('an origin that no page has, or that its owners never used, is not asked', async () => {
    const owned = await TestInstance.register(cloud);
    const start = async (from?: string) => {
      const headers: Record<string, string> = from === undefined ? {} : { origin: from };
      const response = await browser.requestDeviceCode({ resource: owned.resource }, headers);
      return (await response.json()) as DeviceAuthorization;
    };
    const bindingOf = async ({ user_code }: MatchedCode) =>
      (await answerOf(account.device('lookup', { user_code }))).body.binding;
    expect(await bindingOf(await start())).toBeNull();
    // Nobody has signed in yet, so a page that lures people could be anywhere but on their own machine.
    expect(await bindingOf(await start('https://evil.test'))).toBeNull();

    const first = await start(origin);
    expect(await bindingOf(first)).toMatchObject({ origin });
    await account.approve(first);
    const tokens = (await (await browser.poll(first)).json()) as Tokens;
    expect((await owned.claim(claimsOf(tokens).workspace)).status).toBe(200);
    expect(await bindingOf(await start(origin))).toMatchObject({ origin });

    const elsewhere = await start('https://lab.example.test');
    expect(await bindingOf(elsewhere)).toBeNull();
    await account.approve(elsewhere);
    expect(await bindingOf(await start('https://lab.example.test'))).toMatchObject({
      origin: 'https://lab.example.test',
    });
    expect(await bindingOf(await start('https://evil.test'))).toBeNull();
  });
});

describe('row 10: an origin from which another member has signed in', () => {
  let owned: TestInstance;
  let colleague: TestAccount;

  beforeAll(async () => {
    owned = await TestInstance.register(cloud);
    const tokens = await browser.signIn(owned, account);
    expect((await owned.claim(claimsOf(tokens).workspace)).status).toBe(200);
    colleague = await TestAccount.signUp(cloud, 'colleague');
  });

  const makeColleague = async (role: string) => {
    const admitting = ['members', 'set', account.email, colleague.email, role];
    const { exitCode } = await run(admitting, { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });
    expect(exitCode).toBe(0);
  };
  const startAt = async (origin: string) => {
    const response = await browser.requestDeviceCode({ resource: owned.resource }, { origin });
    return (await response.json()) as DeviceAuthorization;
  };
  const bindingOf = async (person: TestAccount, { user_code }: MatchedCode) =>
    (await answerOf(person.device('lookup', { user_code }))).body.binding;

  test.each(['viewer', 'member', 'admin'])('as %s is none of mine', async (role) => {
    await makeColleague(role);
    const origin = `https://evil-${role}.test`;
    await colleague.approve(await startAt(origin));
    const login = await startAt(origin);
    expect(await bindingOf(colleague, login)).toMatchObject({ origin });
    expect(await bindingOf(account, login)).toBeNull();
  });

  test('as owner is everybody’s', async () => {
    await makeColleague('admin');
    const origin = 'https://lab.example.test';
    await account.approve(await startAt(origin));
    expect(await bindingOf(colleague, await startAt(origin))).toMatchObject({ origin });
  });
});

describe('lookup names the addresses of an instance', () => {
  let owned: TestInstance;
  const startAt = async (origin?: string) => {
    const headers: Record<string, string> = origin === undefined ? {} : { origin };
    const response = await browser.requestDeviceCode({ resource: owned.resource }, headers);
    return (await response.json()) as DeviceAuthorization;
  };
  const knownTo = async (person: TestAccount, { user_code }: MatchedCode) => {
    const { body } = await answerOf(person.device('lookup', { user_code }));
    return (body.instance as { known_origins: string[] }).known_origins;
  };

  beforeAll(async () => {
    owned = await TestInstance.register(cloud);
    const tokens = await browser.signIn(owned, account);
    expect((await owned.claim(claimsOf(tokens).workspace)).status).toBe(200);
    for (const [index, name] of ['a', 'b', 'c', 'd'].entries()) {
      moveClock(index);
      await account.approve(await startAt(`https://${name}.test`));
    }
  });

  test('at which the account has signed in: three, the latest first', async () => {
    expect(await knownTo(account, await startAt('https://evil.test'))).toEqual([
      'https://d.test',
      'https://c.test',
      'https://b.test',
    ]);
    expect(await knownTo(account, await startAt())).toHaveLength(3);
  });

  test('first of all that of the page that asks, if it is one of them', async () => {
    expect(await knownTo(account, await startAt('https://a.test'))).toEqual([
      'https://a.test',
      'https://d.test',
      'https://c.test',
    ]);
  });

  test('to nobody who has no part in it', async () => {
    const stranger = await TestAccount.signUp(cloud, 'passer-by');
    expect(await knownTo(stranger, await startAt('https://a.test'))).toEqual([]);
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
    const registered_at = expect.any(String);
    expect(theirs.instance).toEqual({
      client_id: owned.clientId,
      name: null,
      claimed: true,
      foreign: true,
      registered_at,
      known_origins: [],
    });
    const { body: mine } = await answerOf(account.device('lookup', { user_code }));
    expect(mine.instance).toMatchObject({ name: 'Ann’s secret lab', claimed: true, foreign: false });
  });

  test('approve: refused in its own words, which the web app hears as well', async () => {
    const login = await browser.startLogin(owned);
    const refused = await answerOf(stranger.device('approve', login));
    expect([refused.status, refused.body.error]).toEqual([403, 'access_denied']);
    expect(refused.body.error_description).toContain('This instance belongs to someone else.');
    const { body } = await answerOf(browser.poll(login));
    expect(body).toEqual({ error: 'access_denied', error_description: refused.body.error_description });
  });

  test('deny: anybody who holds the code may', async () => {
    const login = await browser.startLogin(owned);
    expect((await stranger.device('deny', { user_code: login.user_code })).status).toBe(200);
    const { body } = await answerOf(browser.poll(login));
    expect(body.error).toBe('access_denied');
    // Whoever waits there wants to know why, as after a refused approval.
    expect(body.error_description).toContain('This instance belongs to someone else.');
  });

  test('deny: its owner’s is no word about that', async () => {
    const login = await browser.startLogin(owned);
    expect((await account.device('deny', { user_code: login.user_code })).status).toBe(200);
    expect((await answerOf(browser.poll(login))).body.error_description).toContain('was denied');
  });

  test('its owner still gets in', async () => {
    expect(claimsOf(await browser.signIn(owned, account)).aud).toBe(owned.resource);
  });

  test('the refused approval gives no right to claim', async () => {
    const unclaimed = await TestInstance.register(cloud);
    const theirs = claimsOf(await browser.signIn(unclaimed, stranger));
    const login = await browser.startLogin(owned);
    await stranger.device('approve', login);
    expect((await owned.claim(theirs.workspace)).status).toBe(403);
  });
});

describe('a session that another page on the same host name planted', () => {
  test.each(actions)('a second session cookie: %s decides nothing', async (action) => {
    const mallory = await TestAccount.signUp(cloud, `mallory-${action}`);
    const code = await pendingCode();
    for (const cookie of [`${mallory.cookie}; ${account.cookie}`, `${account.cookie}; ${mallory.cookie}`]) {
      const { status, body } = await answerOf(account.device(action, code, { cookie }));
      expect([status, body.error]).toEqual([409, 'ambiguous_session']);
    }
    await expectUndecided(code);
  });

  test.each(actions)('another account than the page shows: %s decides nothing', async (action) => {
    const code = await pendingCode();
    const { status, body } = await answerOf(account.device(action, { ...code, account_id: 'somebody else' }));
    expect([status, body.error]).toEqual([409, 'account_changed']);
    await expectUndecided(code);
  });
});

describe('row 11: guessing codes', () => {
  const guess = { user_code: 'BBBB-BBBB', match_code: '00' };
  const from = (address: string) => ({ 'x-forwarded-for': address });

  /** How the cloud answers guesses that come one after the other. */
  async function statusesOf(
    guesser: TestAccount,
    count: number,
    headers: Record<string, string> = {},
  ): Promise<number[]> {
    const statuses: number[] = [];
    for (let index = 0; index < count; index += 1) {
      statuses.push((await guesser.device(actions[index % 3] ?? 'lookup', guess, headers)).status);
    }
    return statuses;
  }

  const answered = (wrong: number, refused: number) => [
    ...Array<number>(wrong).fill(404),
    ...Array<number>(refused).fill(429),
  ];

  test('ends after 10 wrong codes of a session and 20 of an account, in five minutes', async () => {
    moveClock(0);
    await using cloud = await TestCloud.start();
    const { instance, account, browser } = await company(cloud);
    const other = await TestAccount.signUp(cloud, 'bob');
    const login = await browser.startLogin(instance);
    expect(await statusesOf(account, 12)).toEqual(answered(10, 2));

    const { status, body, headers } = await answerOf(account.device('approve', login));
    expect([status, body.error]).toEqual([429, 'too_many_attempts']);
    expect(body.error_description).toContain('5 minutes');
    expect(headers.get('retry-after')).toBe('300');
    expect((await other.device('lookup', login)).status).toBe(200);

    expect(await statusesOf(await TestAccount.signIn(cloud), 12)).toEqual(answered(10, 2));
    expect((await (await TestAccount.signIn(cloud)).device('lookup', login)).status).toBe(429);
    moveClock(301);
    const { user_code: fresh } = await browser.startLogin(instance);
    expect((await account.device('lookup', { user_code: fresh })).status).toBe(200);
  });

  test('ends after 60 wrong codes of an address, however many accounts it has', async () => {
    await using cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
    const { instance, account, browser } = await company(cloud);
    const statuses: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      const guesser = await TestAccount.signUp(cloud, `guesser-${index}`);
      statuses.push(...(await statusesOf(guesser, 100, from('198.51.100.66'))));
    }
    expect(statuses.filter((status) => status === 404)).toHaveLength(60);
    expect(statuses.filter((status) => status === 429)).toHaveLength(940);
    const login = await browser.startLogin(instance);
    expect((await account.device('lookup', login, from('198.51.100.66'))).status).toBe(429);
    expect((await account.device('lookup', login, from('192.0.2.1'))).status).toBe(200);
  });

  test('many guesses at once are no more than one after the other', async () => {
    await using cloud = await TestCloud.start();
    const { account } = await company(cloud);
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async () => (await account.device('lookup', guess)).status),
    );
    expect(statuses.filter((status) => status === 404)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(50);
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
