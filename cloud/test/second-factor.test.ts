import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { authenticatorCode, earlierAuthenticatorCode } from './authenticator-app.ts';
import { answerOf, cookiesOf, type Members, password, TestAccount } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let ann: TestAccount;

beforeEach(async () => {
  cloud = await TestCloud.start();
  ann = await TestAccount.signUp(cloud);
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

const state = async () =>
  (await answerOf(cloud.get('/api/account/second-factor', { headers: { cookie: ann.cookie } }))).body;
const post = async (path: string, body: Members = {}) => answerOf(ann.post(`/api/account/${path}`, body));
const isSignedIn = async (cookie: string) =>
  (await (await cloud.get('/api/auth/get-session', { headers: { cookie } })).json()) !== null;

/** Turns the second factor on. */
async function turnOn(): Promise<{ secret: string; codes: string[] }> {
  const secret = String((await post('second-factor/begin')).body.secret);
  // Of the period before, so that the test may use the current one.
  const { status, body } = await post('second-factor/on', { code: await earlierAuthenticatorCode(secret) });
  expect(status).toBe(200);
  return { secret, codes: body.recovery_codes as string[] };
}

let signIns = 0;
/** From another address each time, where the cloud believes that. */
const signIn = async () =>
  cloud.post(
    '/api/auth/sign-in/email',
    { email: ann.email, password },
    { origin: cloud.url, 'x-forwarded-for': `10.0.0.${signIns++ % 200}` },
  );

/** The right password; returns the cookie that waits for the code. */
async function beginSignIn(): Promise<string> {
  const response = await signIn();
  expect(await response.json()).toEqual({ second_factor_required: true });
  return cookiesOf(response);
}

const finishSignIn = async (cookie: string, code: string) =>
  cloud.post('/api/auth/sign-in/second-factor', { code }, { origin: cloud.url, cookie });

describe('turning it on', () => {
  test('takes a code of the app, and gives ten recovery codes', async () => {
    expect(await state()).toEqual({ on: false, recovery_codes_left: 0 });
    const { body } = await post('second-factor/begin');
    expect(body.uri).toContain(`secret=${String(body.secret)}`);
    expect(await state()).toEqual({ on: false, recovery_codes_left: 0 });
    expect((await post('second-factor/on', { code: '000000' })).body.error).toBe('wrong_code');
    const answer = await post('second-factor/on', { code: authenticatorCode(String(body.secret)) });
    expect(answer.body.recovery_codes).toHaveLength(10);
    expect(await state()).toEqual({ on: true, recovery_codes_left: 10 });
  });

  test('does not replace one that is on', async () => {
    await turnOn();
    expect((await post('second-factor/begin')).body.error).toBe('second_factor_on');
    expect((await post('second-factor/on', { code: '000000' })).body.error).toBe('second_factor_on');
  });

  test('counts for the newest secret only', async () => {
    const first = String((await post('second-factor/begin')).body.secret);
    await post('second-factor/begin');
    expect((await post('second-factor/on', { code: authenticatorCode(first) })).body.error).toBe(
      'wrong_code',
    );
  });
});

describe('signing in', () => {
  test('the password opens no session before the code', async () => {
    const { secret } = await turnOn();
    const response = await signIn();
    expect(await response.json()).toEqual({ second_factor_required: true });
    const waiting = cookiesOf(response);
    expect(await isSignedIn(waiting)).toBe(false);
    const answer = await finishSignIn(waiting, authenticatorCode(secret));
    expect(answer.status).toBe(200);
    expect(await isSignedIn(cookiesOf(answer))).toBe(true);
  });

  test('a code counts once, also for two at the same time', async () => {
    const { secret } = await turnOn();
    const waiting = [await beginSignIn(), await beginSignIn()];
    const code = authenticatorCode(secret);
    const statuses = (await Promise.all(waiting.map(async (cookie) => finishSignIn(cookie, code)))).map(
      ({ status }) => status,
    );
    expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 401]);
    expect((await finishSignIn(await beginSignIn(), code)).status).toBe(401);
  });

  test('a recovery code stands in for it, once', async () => {
    const { codes } = await turnOn();
    const [code = ''] = codes;
    expect((await finishSignIn(await beginSignIn(), code.toUpperCase())).status).toBe(200);
    expect((await finishSignIn(await beginSignIn(), code)).status).toBe(401);
    expect(await state()).toEqual({ on: true, recovery_codes_left: 9 });
  });

  test('what waits is redeemed once, and for five minutes only', async () => {
    const { secret, codes } = await turnOn();
    const used = await beginSignIn();
    expect((await finishSignIn(used, authenticatorCode(secret))).status).toBe(200);
    expect((await answerOf(finishSignIn(used, String(codes[0])))).body.code).toBe('SIGN_IN_EXPIRED');
    const late = await beginSignIn();
    moveClock(5 * 60 + 1);
    expect((await answerOf(finishSignIn(late, authenticatorCode(secret)))).body.code).toBe('SIGN_IN_EXPIRED');
    expect((await answerOf(finishSignIn('', authenticatorCode(secret)))).body.code).toBe('SIGN_IN_EXPIRED');
  });

  test('guessing is limited per account, over all sign-ins', async () => {
    const { secret } = await turnOn();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await finishSignIn(await beginSignIn(), '000000')).status).toBe(401);
    }
    const refused = await finishSignIn(await beginSignIn(), authenticatorCode(secret));
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  test('row 57: whoever has the password locks its owner out nowhere else, and guesses from everywhere are bounded', async () => {
    await cloud[Symbol.asyncDispose]();
    cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
    ann = await TestAccount.signUp(cloud);
    const { secret, codes } = await turnOn();
    const finish = async (address: string, code: string) => {
      const headers = { origin: cloud.url, cookie: await beginSignIn(), 'x-forwarded-for': address };
      return (await cloud.post('/api/auth/sign-in/second-factor', { code }, headers)).status;
    };
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await finish('198.51.100.0', '000000')).toBe(401);
    expect(await finish('198.51.100.0', String(codes[0]))).toBe(429);
    expect(await finish('192.0.2.1', authenticatorCode(secret))).toBe(200);
    for (let attempt = 0; attempt < 25; attempt += 1)
      expect(await finish(`203.${attempt}.113.1`, '000000')).toBe(401);
    expect(await finish('192.0.2.1', '000000')).toBe(429);
    expect(await finish('192.0.2.1', String(codes[1]))).toBe(200);
  });

  test('row 57: nor does whoever has a wide network, however long they go on', async () => {
    moveClock(0);
    await cloud[Symbol.asyncDispose]();
    cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
    ann = await TestAccount.signUp(cloud);
    const { secret } = await turnOn();
    const finish = async (address: string, code: string) => {
      const headers = { origin: cloud.url, cookie: await beginSignIn(), 'x-forwarded-for': address };
      return (await cloud.post('/api/auth/sign-in/second-factor', { code }, headers)).status;
    };
    const wrongOnes = async (addressOf: (attempt: number) => string) => {
      let judged = 0;
      for (let attempt = 0; attempt < 20; attempt += 1)
        if ((await finish(addressOf(attempt), '000000')) === 401) judged += 1;
      return judged;
    };
    expect(await wrongOnes((attempt) => `2001:db8:1:a${attempt + 10}::1`)).toBe(10);
    expect(await wrongOnes((attempt) => `2001:db8:1:${attempt + 10}00::1`)).toBe(5);
    moveClock(301);
    expect(await wrongOnes((attempt) => `2001:db8:1:${attempt + 10}00::1`)).toBe(9);
    expect(await finish('192.0.2.1', authenticatorCode(secret))).toBe(200);
  });

  test.each([
    ['/32', (attempt: number) => `2001:db8:${attempt}::1`],
    ['/16', (attempt: number) => `198.51.${attempt}.1`],
  ])('row 57: nor does whoever has a %s', async (_width, addressOf) => {
    moveClock(0);
    await cloud[Symbol.asyncDispose]();
    cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
    ann = await TestAccount.signUp(cloud);
    const { secret } = await turnOn();
    let cookie = await beginSignIn();
    const finish = async (address: string, code: string) => {
      const headers = { origin: cloud.url, cookie, 'x-forwarded-for': address };
      return (await cloud.post('/api/auth/sign-in/second-factor', { code }, headers)).status;
    };
    let judged = 0;
    for (let attempt = 0; attempt < 40; attempt += 1) {
      if (attempt === 20) {
        moveClock(301);
        cookie = await beginSignIn();
      }
      if ((await finish(addressOf(attempt), '000000')) === 401) judged += 1;
    }
    // Of the 30 that all have in an hour.
    expect(judged).toBe(28);
    expect(await finish('192.0.2.1', authenticatorCode(secret))).toBe(200);
  });

  test('row 57: wrong codes of others do not count against a browser that has shown one before', async () => {
    await cloud[Symbol.asyncDispose]();
    cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
    ann = await TestAccount.signUp(cloud);
    const { secret, codes } = await turnOn();
    const finish = async (address: string, code: string, cookie: string) =>
      cloud.post(
        '/api/auth/sign-in/second-factor',
        { code },
        { origin: cloud.url, cookie, 'x-forwarded-for': address },
      );
    const known = cookiesOf(await finish('192.0.2.1', String(codes[0]), await beginSignIn()));
    const stolen = await beginSignIn();
    for (let attempt = 0; attempt < 30; attempt += 1)
      expect((await finish(`203.${attempt % 6}.113.1`, '000000', stolen)).status).toBe(401);
    expect((await finish('192.0.2.1', authenticatorCode(secret), stolen)).status).toBe(429);
    const entered = await finish('192.0.2.1', authenticatorCode(secret), `${await beginSignIn()}; ${known}`);
    expect(entered.status).toBe(200);
    // What the browser was given first is still what it has, and bounds what it tries itself.
    const waiting = await beginSignIn();
    for (let attempt = 0; attempt < 30; attempt += 1) {
      const cookie = `${waiting}; ${attempt % 2 === 0 ? known : cookiesOf(entered)}`;
      expect((await finish(`198.${attempt % 6}.100.1`, '000000', cookie)).status).toBe(401);
    }
    expect((await finish('192.0.2.1', '000000', `${waiting}; ${known}`)).status).toBe(429);
  });

  test('row 57: a browser that is known for one account is not for another, nor by a cookie of its own making', async () => {
    const { codes } = await turnOn();
    const known = cookiesOf(await finishSignIn(await beginSignIn(), String(codes[0])));
    ann = await TestAccount.signUp(cloud, 'bea');
    const { secret } = await turnOn();
    const waiting = await beginSignIn();
    for (let attempt = 0; attempt < 5; attempt += 1)
      expect((await finishSignIn(waiting, '000000')).status).toBe(401);
    for (const cookie of [known, known.replace(/known_browser=[^.]+/, 'known_browser=x')])
      expect((await finishSignIn(`${waiting}; ${cookie}`, authenticatorCode(secret))).status).toBe(429);
  });

  test('row 33: the code is taken from the cloud’s own pages only', async () => {
    const { secret } = await turnOn();
    const cookie = await beginSignIn();
    for (const origin of ['https://evil.test', 'null']) {
      const response = await cloud.post(
        '/api/auth/sign-in/second-factor',
        { code: authenticatorCode(secret) },
        { origin, cookie },
      );
      expect(response.status).toBe(403);
    }
  });
});

const newPassword = 'mauve otter paints tuba';

test.each([
  ['a new password', async () => ann.post('/api/account/password', { password: newPassword })],
  ['a sign-out everywhere else', async () => ann.post('/api/account/sessions/end-others', {})],
  [
    'a reset by link',
    async () => {
      await ann.post('/api/links/password-reset', { email: ann.email });
      const token = await vi.waitFor(() => {
        const [, found] = /reset-password#link=([\w-]+)/.exec(cloud.logLines.join('')) ?? [];
        if (found === undefined) throw new Error('no link yet');
        return found;
      });
      return ann.post('/api/links/password-reset/redeem', { token, password: newPassword });
    },
  ],
])('row 57: after %s, no sign-in that was begun before gets in by its code', async (_name, act) => {
  const { secret } = await turnOn();
  const waiting = await beginSignIn();
  expect((await act()).status).toBe(200);
  const { status, body } = await answerOf(finishSignIn(waiting, authenticatorCode(secret)));
  expect([status, body.code]).toEqual([401, 'SIGN_IN_EXPIRED']);
});

describe('dangerous acts', () => {
  const acts = [
    'second-factor/begin',
    'second-factor/on',
    'second-factor/off',
    'second-factor/recovery-codes',
    'password',
  ];

  test.each(acts)('%s needs a confirmation that is not five minutes old', async (path) => {
    moveClock(5 * 60 + 1);
    const { status, body } = await post(path, { password: newPassword });
    expect([status, body.error]).toEqual([403, 'confirmation_required']);
    expect((await post('confirmation', { password: 'wrong' })).body.error).toBe('wrong_password');
    expect((await post(path)).body.error).toBe('confirmation_required');
    expect((await post('confirmation', { password })).status).toBe(200);
    expect((await post(path)).body.error).not.toBe('confirmation_required');
    moveClock(5 * 60 + 1);
    expect((await post(path)).body.error).toBe('confirmation_required');
  });

  test('with a second factor, the password confirms nothing', async () => {
    const { secret } = await turnOn();
    moveClock(5 * 60 + 1);
    expect((await post('confirmation', { password })).body.error).toBe('wrong_code');
    expect((await post('second-factor/off')).body.error).toBe('confirmation_required');
    expect((await post('confirmation', { code: authenticatorCode(secret) })).status).toBe(200);
    expect((await post('second-factor/off')).status).toBe(200);
    expect(await state()).toEqual({ on: false, recovery_codes_left: 0 });
    expect(await isSignedIn(cookiesOf(await signIn()))).toBe(true);
  });

  test('one browser confirms nothing for another', async () => {
    const other = await TestAccount.signIn(cloud);
    moveClock(5 * 60 + 1);
    expect((await post('confirmation', { password })).status).toBe(200);
    expect((await other.post('/api/account/second-factor/begin', {})).status).toBe(403);
  });

  test('guessing the password again is limited', async () => {
    for (let attempt = 0; attempt < 10; attempt += 1) await post('confirmation', { password: 'wrong' });
    expect((await post('confirmation', { password })).status).toBe(429);
  });

  test('row 57: wrong codes of whoever has the password count against nobody who is signed in', async () => {
    await cloud[Symbol.asyncDispose]();
    cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
    ann = await TestAccount.signUp(cloud);
    const { secret } = await turnOn();
    const stolen = await beginSignIn();
    const guess = async (address: string) =>
      cloud.post(
        '/api/auth/sign-in/second-factor',
        { code: '000000' },
        { origin: cloud.url, cookie: stolen, 'x-forwarded-for': address },
      );
    for (let attempt = 0; attempt < 30; attempt += 1)
      expect((await guess(`203.${attempt % 6}.113.1`)).status).toBe(401);
    expect((await guess('192.0.2.1')).status).toBe(429);
    moveClock(5 * 60 + 1);
    expect((await post('confirmation', { code: authenticatorCode(secret) })).status).toBe(200);
    await post('second-factor/off');
    const { body } = await post('second-factor/begin');
    const code = authenticatorCode(String(body.secret));
    expect((await post('second-factor/on', { code })).status).toBe(200);
  });

  test('row 57: wrong codes of all who are signed in count together, 30 an hour', async () => {
    await cloud[Symbol.asyncDispose]();
    cloud = await TestCloud.start({}, { trustedProxies: ['127.0.0.1/32'] });
    ann = await TestAccount.signUp(cloud);
    const other = await TestAccount.signIn(cloud);
    const { secret } = await turnOn();
    const tried = async (path: string, attempt: number, code: string) => {
      const headers = { 'x-forwarded-for': `203.${attempt}.113.1` };
      return (await (attempt % 2 ? ann : other).post(`/api/account/${path}`, { code }, headers)).status;
    };
    for (let attempt = 0; attempt < 15; attempt += 1)
      expect(await tried('confirmation', attempt, '000000')).toBe(403);
    for (let attempt = 15; attempt < 30; attempt += 1)
      expect(await tried('second-factor/on', attempt, '000000')).toBe(409);
    expect(await tried('confirmation', 30, authenticatorCode(secret))).toBe(429);
    const waiting = await beginSignIn();
    expect((await finishSignIn(waiting, authenticatorCode(secret))).status).toBe(200);
  });

  test('new recovery codes make the old ones worthless', async () => {
    const { codes } = await turnOn();
    const renewed = (await post('second-factor/recovery-codes')).body.recovery_codes as string[];
    expect((await finishSignIn(await beginSignIn(), String(codes[0]))).status).toBe(401);
    expect((await finishSignIn(await beginSignIn(), String(renewed[0]))).status).toBe(200);
  });

  test('a new password ends the other sessions, and must be strong', async () => {
    const other = await TestAccount.signIn(cloud);
    expect((await post('password', { password: 'short' })).body.error).toBe('password_length');
    expect((await post('password', { password: 'password1234' })).body.error).toBe('password_too_weak');
    expect((await post('password', { password: newPassword })).body).toEqual({ ended: 1 });
    expect([await isSignedIn(ann.cookie), await isSignedIn(other.cookie)]).toEqual([true, false]);
    expect((await signIn()).status).toBe(401);
  });
});

test('row 48: neither the secret, nor recovery codes, nor what waits lie in clear on the disk or in the log', async () => {
  const { secret, codes } = await turnOn();
  const waiting = await beginSignIn();
  await finishSignIn(waiting, '123456');
  const token = decodeURIComponent(waiting.split('second_factor=')[1] ?? '').split('.')[0] ?? '';
  expect(token.length).toBeGreaterThan(40);
  const log = cloud.logLines.join('');
  const files = await cloud.everythingOnDisk();
  for (const text of [secret, token, ...codes, ...codes.map((code) => code.replaceAll('-', ''))]) {
    expect(log).not.toContain(text);
    for (const [name, content] of files) expect(content.includes(text), name).toBe(false);
  }
});
