import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test, vi } from 'vitest';
import {
  answerOf,
  claimsOf,
  company,
  password,
  TestAccount,
  TestBrowser,
  type Tokens,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

afterEach(() => vi.useRealTimers());

test('row 48: after the whole story no secret lies in clear on the disk or in the log', async () => {
  await using cloud = await TestCloud.start();
  const { instance, account, browser } = await company(cloud);
  const login = await browser.startLogin(instance);
  await browser.poll(login);
  await browser.poll(login);
  await account.device('lookup', { user_code: login.user_code });
  await account.approve(login, 'Lab');
  const first = (await (await browser.poll(login)).json()) as Tokens;
  await browser.poll(login);
  const second = (await (await browser.refresh(first.refresh_token)).json()) as Tokens;
  const proof = await browser.proof();
  const third = (await (await browser.refresh(second.refresh_token, {}, proof)).json()) as Tokens;
  const instanceToken = await instance.token();
  await instance.call('PUT', '/api/instance/owner', instanceToken, { workspace: claimsOf(first).workspace });

  // Everything once more where it does not belong, so that every refusal has a chance to log it.
  const thief = await TestBrowser.open(cloud);
  await thief.refresh(third.refresh_token);
  await browser.refresh(third.access_token);
  await browser.poll({ device_code: third.refresh_token });
  await cloud.postForm(
    '/token',
    { grant_type: 'client_credentials' },
    instance.credentials(`${instance.clientSecret}x`),
  );
  await cloud.post('/reg', { client_secret: instance.clientSecret, [third.refresh_token]: 1 });
  await instance.call('GET', '/api/instance', third.access_token);
  await cloud.get(
    `/device?user_code=${login.user_code}&token=${third.refresh_token}&x=${third.refresh_token}`,
  );
  await cloud.get(`/api/instance?access_token=${instanceToken}`);
  await cloud.post(
    '/api/auth/sign-in/email',
    { email: account.email, password: `${password}!` },
    { origin: cloud.url },
  );
  await cloud.post(
    '/api/auth/sign-in/email',
    { email: account.email, password },
    { origin: 'https://evil.test' },
  );
  await account.device('deny', { user_code: login.user_code });
  await cloud.post(
    '/api/device/lookup',
    { user_code: third.refresh_token },
    { origin: cloud.url, cookie: account.cookie },
  );
  const denied = await browser.startLogin(instance);
  await account.device('deny', { user_code: denied.user_code });
  const pending = await browser.startLogin(instance);

  const secrets: Record<string, string> = {
    'a device code': login.device_code,
    'the device code of a denied login': denied.device_code,
    'the device code of a pending login': pending.device_code,
    'a user code': pending.user_code,
    'a user code without its dash': pending.user_code.replace('-', ''),
    'an access token': first.access_token,
    'the signature of an access token': third.access_token.split('.')[2] ?? '',
    'a used refresh token': first.refresh_token,
    'the live refresh token': third.refresh_token,
    'a DPoP proof': proof,
    'the client secret': instance.clientSecret,
    'the client secret in Basic': instance.credentials().authorization.slice(6),
    'the instance token': instanceToken,
    'the registration token': instance.registration.registration_access_token,
    'the password': password,
    'the token in the session cookie': decodeURIComponent(account.cookie).split(/[=.]/)[2] ?? '',
    'the page key': cloud.pageKey,
    'the session cookie': decodeURIComponent(account.cookie.split('=')[1] ?? ''),
  };
  for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThanOrEqual(8);

  const whileUp = await cloud.everythingOnDisk();
  await cloud.down();
  const afterwards = await cloud.everythingOnDisk();
  expect([...whileUp.keys()]).toContain('cloud.db-wal');
  expect([...afterwards.values()].some((content) => content.includes(account.email))).toBe(true);
  const log = cloud.logLines.join('');
  expect(log).toContain('/token');
  expect(log).toContain('invalid_grant');
  for (const [what, secret] of Object.entries(secrets)) {
    expect(log.includes(secret), `${what} in the log`).toBe(false);
    for (const files of [whileUp, afterwards]) {
      for (const [name, content] of files) {
        expect(content.includes(secret), `${what} in ${name}`).toBe(false);
        expect(content.includes(Buffer.from(secret).toString('base64')), `${what} in ${name}`).toBe(false);
      }
    }
  }
});

test('the log at its usual level says what happened in codes, and from where, and names nobody', async () => {
  await using cloud = await TestCloud.start();
  const { account, browser, instance } = await company(cloud);
  await browser.refresh('x'.repeat(43));
  await cloud.postForm(
    '/token',
    { grant_type: 'client_credentials' },
    instance.credentials(`${instance.clientSecret}x`),
  );
  const made_up = { client_id: 'made-up', grant_type: 'refresh_token', refresh_token: 'x' };
  await cloud.postForm('/token', made_up);
  const nobody = { email: 'nobody@example.test', password };
  await cloud.post('/api/auth/sign-in/email', nobody, { origin: cloud.url });
  const lines = cloud.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 30,
      msg: 'refused an OAuth request',
      route: 'token',
      error: 'invalid_grant',
      clientId: 'holdfast-web',
      address: '127.0.0.1',
    }),
  );
  const strangers = lines.filter(({ error }) => error === 'invalid_client');
  expect(strangers.map(({ address, clientId }) => [address, clientId])).toEqual([
    ['127.0.0.1', instance.clientId],
    ['127.0.0.1', undefined],
  ]);
  expect(lines).toContainEqual(
    expect.objectContaining({ component: 'accounts', msg: 'User not found', address: '127.0.0.1' }),
  );
  expect(cloud.logLines.join('')).not.toContain('made-up');
  expect(cloud.logLines.join('')).not.toContain(nobody.email);
  expect(lines.every(({ level }) => Number(level) < 50)).toBe(true);
  expect(cloud.logLines.join('')).not.toContain(account.email);
});

test('what has expired is told apart for an hour, and then is gone', async () => {
  await using cloud = await TestCloud.start();
  const { instance, account, browser } = await company(cloud);
  const login = await browser.startLogin(instance);
  await browser.poll(login);
  const rows = (kind: string) =>
    count(cloud, `select count(*) as n from oauth_records where kind = '${kind}'`);
  const polls = () => count(cloud, 'select count(*) as n from device_polls');

  moveClock(300 + 3_500);
  await cloud.restart();
  expect((await answerOf(account.device('lookup', { user_code: login.user_code }))).body.error).toBe(
    'expired_token',
  );
  expect([rows('DeviceCode'), polls()]).toEqual([1, 1]);
  moveClock(200);
  await cloud.restart();
  expect((await answerOf(account.device('lookup', { user_code: login.user_code }))).body.error).toBe(
    'invalid_user_code',
  );
  expect([rows('DeviceCode'), polls()]).toEqual([0, 0]);
  expect(rows('RegistrationAccessToken')).toBe(1);
});

test('what still lives is never swept', async () => {
  await using cloud = await TestCloud.start();
  const { instance, account, browser } = await company(cloud);
  const { refresh_token: refreshToken } = await browser.signIn(instance, account);
  moveClock(13 * 86_400);
  await cloud.restart();
  expect((await browser.refresh(refreshToken)).status).toBe(200);
  expect((await instance.requestToken()).status).toBe(200);
  expect((await TestAccount.signIn(cloud)).email).toBe(account.email);
});

/** Looks into the database from outside, as a backup tool would. */
function count(cloud: TestCloud, query: string): number {
  const database = new DatabaseSync(cloud.file('cloud.db'), { readOnly: true });
  try {
    return (database.prepare(query).get() as { n: number }).n;
  } finally {
    database.close();
  }
}
