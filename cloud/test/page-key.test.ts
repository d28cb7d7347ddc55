// What other programs on the host name of the cloud get, and can plant, is the session cookie (row 61).

import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../src/database/database.ts';
import { migrations } from '../src/database/migrations.ts';
import { authenticatorCode, earlierAuthenticatorCode } from './authenticator-app.ts';
import { rawRequest } from './raw-request.ts';
import { TestAuthenticator } from './test-authenticator.ts';
import {
  answerOf,
  cookiesOf,
  type Members,
  password,
  TestAccount,
  TestBrowser,
  TestInstance,
} from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let ann: TestAccount;

beforeAll(async () => {
  // An IP address cannot have passkeys.
  cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: 0 } });
  ann = await TestAccount.signUp(cloud);
});

afterAll(async () => cloud[Symbol.asyncDispose]());

const pageKeys = {
  'no page key': '',
  'another page key': randomBytes(32).toString('hex'),
  'the hash of a page key': randomBytes(32).toString('base64url'),
};

const withPageKey = (pageKey: string): Record<string, string> => ({ 'holdfast-page-key': pageKey });

/** Who is signed in, as the cloud's pages ask. */
const session = async (cookie: string, headers: Record<string, string> = {}) =>
  (
    await cloud.get('/api/auth/get-session', { headers: { cookie, ...headers } })
  ).json() as Promise<Members | null>;

const signUp = (name: string) => ({ name, email: `${name}@example.test`, password });
const signIn = { email: 'ann@example.test', password };

describe.each(Object.entries(pageKeys))('row 61: a session cookie with %s', (_what, pageKey) => {
  test('is nobody’s', async () => {
    expect(await session(ann.cookie, withPageKey(pageKey))).toBeNull();
    expect(await session(ann.cookie)).toMatchObject({ user: { email: ann.email } });
  });

  test.each([
    '/api/instances',
    '/api/account/email',
    '/api/account/passkeys',
    '/api/account/second-factor',
    '/api/account/sessions',
  ])('reads nothing at %s', async (path) => {
    const headers = { cookie: ann.cookie, ...withPageKey(pageKey) };
    const { status, body } = await answerOf(cloud.get(path, { headers }));
    expect([status, body.error]).toEqual([401, 'login_required']);
    expect((await cloud.get(path, { headers: { cookie: ann.cookie } })).status).toBe(200);
  });

  test.each([
    ['/api/account/confirmation', { password }],
    ['/api/account/deletion', { email: 'ann@example.test' }],
    ['/api/account/email/verification', {}],
    ['/api/account/passkeys/options', {}],
    ['/api/account/passkeys/add', { name: 'planted', response: {} }],
    ['/api/account/passkeys/rename', { id: 'x', name: 'x' }],
    ['/api/account/passkeys/remove', { id: 'x' }],
    ['/api/account/password', { password: 'mauve otter paints tuba' }],
    ['/api/account/second-factor/begin', {}],
    ['/api/account/second-factor/on', { code: '000000' }],
    ['/api/account/second-factor/off', {}],
    ['/api/account/second-factor/recovery-codes', {}],
    ['/api/account/sessions/end', { session_id: 'x' }],
    ['/api/account/sessions/end-others', {}],
  ] as const)('does nothing at %s', async (path, body) => {
    const { status, body: answer } = await answerOf(ann.post(path, body, withPageKey(pageKey)));
    expect([status, answer.error]).toEqual([401, 'login_required']);
  });

  test('looks up, approves and denies nothing', async () => {
    const [instance, browser] = [await TestInstance.register(cloud), await TestBrowser.open(cloud)];
    const { user_code, match_code } = await browser.startLogin(instance);
    for (const action of ['lookup', 'approve', 'deny'] as const) {
      const request = ann.device(action, { user_code, match_code }, withPageKey(pageKey));
      const { status, body } = await answerOf(request);
      expect([status, body.error], action).toEqual([401, 'login_required']);
    }
    await ann.approve({ user_code, match_code });
  });

  test('can be signed out with', async () => {
    const again = await TestAccount.signIn(cloud);
    expect((await again.post('/api/auth/sign-out', {}, withPageKey(pageKey))).status).toBe(200);
    expect(await session(again.cookie)).toBeNull();
  });
});

test('row 61: a session that another port planted is nobody’s', async () => {
  const theirs = withPageKey(randomBytes(32).toString('hex'));
  const fields = signUp('mallory');
  const mallory = await cloud.post('/api/auth/sign-up/email', fields, { origin: cloud.url, ...theirs });
  expect(await session(cookiesOf(mallory), theirs)).toMatchObject({ user: { email: fields.email } });
  expect(await session(cookiesOf(mallory))).toBeNull();
});

describe('row 61: a session begins with a page key', () => {
  const malformed = ['', 'f'.repeat(63), 'F'.repeat(64), 'g'.repeat(64), 'f'.repeat(65), 'f'.repeat(4_096)];

  test.each([
    ['/api/auth/sign-up/email', signUp('bob')],
    ['/api/auth/sign-in/email', signIn],
    ['/api/auth/sign-in/second-factor', { code: '000000' }],
    ['/api/auth/sign-in/passkey', { response: {} }],
  ])('%s is refused without one', async (path, body) => {
    for (const pageKey of malformed) {
      const response = await cloud.post(path, body, { origin: cloud.url, ...withPageKey(pageKey) });
      expect(await answerOf(response)).toMatchObject({ status: 400, body: { code: 'PAGE_KEY_REQUIRED' } });
      expect(response.headers.getSetCookie()).toEqual([]);
    }
  });

  test('a sign-up that is refused makes no account', async () => {
    const path = '/api/auth/sign-up/email';
    const refused = await cloud.post(path, signUp('carol'), { origin: cloud.url, ...withPageKey('') });
    expect(refused.status).toBe(400);
    expect((await cloud.post(path, signUp('carol'), { origin: cloud.url })).status).toBe(200);
  });

  test('and belongs to it, by whichever way it begins', async () => {
    const other = withPageKey(pageKeys['another page key']);
    const enter = async (way: string, body: unknown, headers: Record<string, string> = {}) =>
      cloud.post(`/api/auth/${way}`, body, { origin: cloud.url, ...headers });
    const expectBound = async (response: Response) => {
      expect(await session(cookiesOf(response), other)).toBeNull();
      expect(await session(cookiesOf(response))).not.toBeNull();
    };

    await expectBound(await enter('sign-up/email', signUp('dora')));
    await expectBound(await enter('sign-in/email', signIn));

    const authenticator = new TestAuthenticator();
    const creation = await answerOf(ann.post('/api/account/passkeys/options', {}));
    const created = authenticator.create({ challenge: String(creation.body.challenge), origin: cloud.url });
    await ann.post('/api/account/passkeys/add', { name: 'Laptop', response: created });
    const { body } = await answerOf(enter('sign-in/passkey/options', {}));
    const response = authenticator.get({ challenge: String(body.challenge), origin: cloud.url });
    await expectBound(await enter('sign-in/passkey', { response }));

    const secret = String((await answerOf(ann.post('/api/account/second-factor/begin', {}))).body.secret);
    await ann.post('/api/account/second-factor/on', { code: await earlierAuthenticatorCode(secret) });
    const cookie = cookiesOf(await enter('sign-in/email', signIn));
    const code = authenticatorCode(secret);
    const stolen = await answerOf(enter('sign-in/second-factor', { code }, { cookie, ...other }));
    expect([stolen.status, stolen.body.code]).toEqual([401, 'SIGN_IN_EXPIRED']);
    await expectBound(await enter('sign-in/second-factor', { code }, { cookie }));
  });
});

test('row 34: no other origin may send a page key', async () => {
  const paths = ['/api/device/approve', '/api/account/sessions', '/api/auth/get-session', '/api/instances'];
  for (const path of paths) {
    const { headers } = await rawRequest(cloud.port, {
      method: 'OPTIONS',
      path,
      headers: [
        ['Host', new URL(cloud.url).host],
        ['Origin', 'http://localhost:9999'],
        ['Access-Control-Request-Method', 'POST'],
        ['Access-Control-Request-Headers', 'content-type,holdfast-page-key'],
      ],
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  }
});

test('row 48: the database has the hash of a page key, and tells it to nobody', async () => {
  const database = new DatabaseSync(cloud.file('cloud.db'), { readOnly: true });
  const [row = {}] = database.prepare('select * from session').all();
  database.close();
  expect(row.pageKeyHash).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(row)).not.toContain(cloud.pageKey);
  expect(JSON.stringify(await session(ann.cookie))).not.toContain(row.pageKeyHash);
});

test('sessions from before there were page keys end with the update', async () => {
  await using cloud = await TestCloud.start();
  const { cookie } = await TestAccount.signUp(cloud);
  await cloud.down();
  const database = await openDatabase(cloud.file('cloud.db'));
  await migrations['2027-01-page-keys']?.up(database);
  await database.destroy();
  await cloud.restart();
  const path = '/api/account/sessions';
  expect((await cloud.get(path, { headers: { cookie } })).status).toBe(401);
  const again = await TestAccount.signIn(cloud);
  const { body } = await answerOf(cloud.get(path, { headers: { cookie: again.cookie } }));
  expect(body.sessions).toHaveLength(1);
});
