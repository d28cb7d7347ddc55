import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestAuthenticator } from './test-authenticator.ts';
import { answerOf, cookiesOf, type Members, password, TestAccount } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let ann: TestAccount;
let authenticator: TestAuthenticator;

beforeEach(async () => {
  // An IP address cannot have passkeys.
  cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: 0 } });
  ann = await TestAccount.signUp(cloud);
  authenticator = new TestAuthenticator();
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

const post = async (path: string, body: unknown = {}) =>
  answerOf(ann.post(`/api/account/passkeys/${path}`, body));
const list = async () =>
  (await answerOf(cloud.get('/api/account/passkeys', { headers: { cookie: ann.cookie } }))).body
    .passkeys as readonly Members[];

async function add(name = 'Laptop', account = ann): Promise<Members & { status: number }> {
  const { body } = await answerOf(account.post('/api/account/passkeys/options', {}));
  const response = authenticator.create({ challenge: String(body.challenge), origin: cloud.url });
  const answer = await answerOf(account.post('/api/account/passkeys/add', { name, response }));
  return { ...answer.body, status: answer.status };
}

async function challenge(): Promise<string> {
  const { body } = await answerOf(cloud.post('/api/auth/sign-in/passkey/options', {}, { origin: cloud.url }));
  return String(body.challenge);
}

const enter = async (response: unknown) =>
  cloud.post('/api/auth/sign-in/passkey', { response }, { origin: cloud.url });

test('a passkey is added, named, listed, renamed and removed', async () => {
  expect(await add('Laptop')).toMatchObject({ status: 200, added: true });
  expect(await list()).toEqual([
    { id: authenticator.id, name: 'Laptop', created_at: expect.any(String), last_used_at: null },
  ]);
  expect((await post('rename', { id: authenticator.id, name: ' Work laptop ' })).status).toBe(200);
  expect(await list()).toMatchObject([{ name: 'Work laptop' }]);
  for (const name of ['', ' ', 'n'.repeat(65), 'a\nb']) {
    expect((await post('rename', { id: authenticator.id, name })).body.error).toBe('invalid_name');
  }
  expect((await post('remove', { id: authenticator.id })).status).toBe(200);
  expect(await list()).toEqual([]);
  expect((await post('remove', { id: authenticator.id })).body.error).toBe('unknown_passkey');
  expect((await enter(authenticator.get({ challenge: await challenge(), origin: cloud.url }))).status).toBe(
    401,
  );
});

test('it signs in, without a password and a second factor', async () => {
  await add();
  const response = await enter(authenticator.get({ challenge: await challenge(), origin: cloud.url }));
  expect(await response.json()).toMatchObject({ user: { email: ann.email } });
  const sessions = await answerOf(
    cloud.get('/api/account/sessions', { headers: { cookie: cookiesOf(response) } }),
  );
  expect(sessions.status).toBe(200);
  expect(await list()).toMatchObject([{ last_used_at: expect.any(String) }]);
});

test('an answer counts once, also for two at the same time, and for five minutes', async () => {
  await add();
  const answer = authenticator.get({ challenge: await challenge(), origin: cloud.url });
  const statuses = (await Promise.all([enter(answer), enter(answer)])).map(({ status }) => status);
  expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 401]);
  const late = await challenge();
  moveClock(5 * 60 + 1);
  expect((await enter(authenticator.get({ challenge: late, origin: cloud.url }))).status).toBe(401);
});

test.each<[string, () => Promise<object | null>]>([
  [
    'for another origin',
    async () => authenticator.get({ challenge: await challenge(), origin: 'http://localhost:1' }),
  ],
  [
    'of a person who was not verified',
    async () => authenticator.get({ challenge: await challenge(), origin: cloud.url }, { verified: false }),
  ],
  [
    'to a challenge of its own',
    async () => authenticator.get({ challenge: 'A'.repeat(43), origin: cloud.url }),
  ],
  [
    'of an unknown authenticator',
    async () => new TestAuthenticator().get({ challenge: await challenge(), origin: cloud.url }),
  ],
  ['that is nothing', async () => null],
  ['without members', async () => ({ id: authenticator.id })],
])('an answer %s signs nobody in', async (_what, answer) => {
  await add();
  const response = await enter(await answer());
  expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
});

test('a challenge for one account adds no passkey to another, nor one for a sign-in to any', async () => {
  const bob = await TestAccount.signUp(cloud, 'bob');
  const { body } = await answerOf(bob.post('/api/account/passkeys/options', {}));
  for (const given of [String(body.challenge), await challenge()]) {
    const response = authenticator.create({ challenge: given, origin: cloud.url });
    expect((await post('add', { name: 'x', response })).body.error).toBe('passkey_refused');
  }
  expect(await list()).toEqual([]);
});

test('a passkey stays with the account that added it', async () => {
  await add();
  const bob = await TestAccount.signUp(cloud, 'bob');
  expect(await add('Mine now', bob)).toMatchObject({ error: 'passkey_refused' });
  expect((await bob.post('/api/account/passkeys/remove', { id: authenticator.id })).status).toBe(404);
  expect((await bob.post('/api/account/passkeys/rename', { id: authenticator.id, name: 'x' })).status).toBe(
    404,
  );
  expect(await list()).toHaveLength(1);
});

test('adding and removing need a confirmation', async () => {
  await add();
  moveClock(5 * 60 + 1);
  for (const path of ['options', 'add', 'remove']) {
    expect((await post(path, { id: authenticator.id })).body.error, path).toBe('confirmation_required');
  }
  await ann.post('/api/account/confirmation', { password });
  expect((await post('remove', { id: authenticator.id })).status).toBe(200);
});

test('the options name no account', async () => {
  await add();
  const { body } = await answerOf(cloud.post('/api/auth/sign-in/passkey/options', {}, { origin: cloud.url }));
  expect(body.allowCredentials ?? []).toEqual([]);
  expect(body.userVerification).toBe('required');
});

test('row 33: a passkey signs in on the cloud’s own pages only', async () => {
  await add();
  const response = authenticator.get({ challenge: await challenge(), origin: cloud.url });
  expect(
    (await cloud.post('/api/auth/sign-in/passkey', { response }, { origin: 'https://evil.test' })).status,
  ).toBe(403);
});
