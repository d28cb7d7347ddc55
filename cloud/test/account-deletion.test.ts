import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestAuthenticator } from './test-authenticator.ts';
import {
  answerOf,
  claimsOf,
  password,
  TestAccount,
  TestBrowser,
  TestInstance,
  type Tokens,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let ann: TestAccount;
let browser: TestBrowser;
let instance: TestInstance;
let tokens: Tokens;

beforeEach(async () => {
  cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: 0 } });
  ann = await TestAccount.signUp(cloud);
  browser = await TestBrowser.open(cloud);
  instance = await TestInstance.register(cloud);
  tokens = await browser.signIn(instance, ann, 'Lab');
  await instance.claim(claimsOf(tokens).workspace);
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

const remove = async (account = ann, email = account.email) =>
  answerOf(account.post('/api/account/deletion', { email }));

test('deletion takes the address and a recent confirmation', async () => {
  expect((await remove(ann, 'bob@example.test')).body.error).toBe('wrong_email');
  moveClock(5 * 60 + 1);
  expect((await remove()).body.error).toBe('confirmation_required');
  expect((await TestAccount.signIn(cloud)).email).toBe(ann.email);
});

test('afterwards no session, sign-in, refresh, approval or link of it is good', async () => {
  const other = await TestAccount.signIn(cloud);
  const approved = await browser.startLogin(instance);
  await ann.approve(approved);
  const pending = await browser.startLogin(instance);
  expect((await remove()).body).toEqual({ deleted: true });

  expect((await browser.refresh(tokens.refresh_token)).status).toBe(400);
  expect((await browser.poll(approved)).status).toBe(400);
  for (const { cookie } of [ann, other]) {
    const session = await cloud.get('/api/auth/get-session', { headers: { cookie } });
    expect(await session.json()).toBeNull();
  }
  expect((await other.device('approve', pending)).status).toBe(401);
  const body = { email: ann.email, password };
  expect((await cloud.post('/api/auth/sign-in/email', body, { origin: cloud.url })).status).toBe(401);
});

test('row 28: the instances where it was signed in are told', async () => {
  const other = await TestInstance.register(cloud);
  await remove();
  const eventsFor = async (to: TestInstance) => {
    const response = await to.call('POST', '/api/instance/events', await to.token(), {
      returnImmediately: true,
    });
    return Object.values(((await response.json()) as { sets: Record<string, string> }).sets);
  };
  const [event = '', ...more] = await eventsFor(instance);
  expect(more).toEqual([]);
  const { sub } = claimsOf(tokens);
  expect(claimsOf({ access_token: event }).sub_id).toEqual({ format: 'iss_sub', iss: cloud.url, sub });
  expect(await eventsFor(other)).toEqual([]);
});

test('its instances fall to nobody, not even to a new account with the same address', async () => {
  await remove();
  const again = await TestAccount.signUp(cloud);
  const { body } = await answerOf(cloud.get('/api/instances', { headers: { cookie: again.cookie } }));
  expect(body.instances).toEqual([]);
  const login = await browser.startLogin(instance);
  const refused = await answerOf(again.device('approve', login));
  expect([refused.status, refused.body.error]).toEqual([403, 'access_denied']);
  const own = claimsOf(await browser.signIn(await TestInstance.register(cloud), again, 'Mine')).workspace;
  expect((await instance.claim(own)).status).not.toBe(200);
});

test('nothing of the account stays in the database, and nothing of others goes', async () => {
  const bob = await TestAccount.signUp(cloud, 'bob');
  const bobs = await TestInstance.register(cloud);
  const bobsTokens = await browser.signIn(bobs, bob, 'Bob’s');
  const authenticator = new TestAuthenticator();
  const options = await answerOf(ann.post('/api/account/passkeys/options', {}));
  const response = authenticator.create({ challenge: String(options.body.challenge), origin: cloud.url });
  await ann.post('/api/account/passkeys/add', { name: 'Laptop', response });
  await ann.post('/api/account/second-factor/begin', {});
  await ann.post('/api/links/password-reset', { email: ann.email });
  await vi.waitFor(() => expect(cloud.logLines.join('')).toContain('/reset-password#link='));
  const { sub } = claimsOf(tokens);
  await remove();

  expect((await browser.refresh(bobsTokens.refresh_token)).status).toBe(200);
  await cloud.down();
  const database = new DatabaseSync(cloud.file('cloud.db'), { readOnly: true });
  const tables = database.prepare(`select name from sqlite_master where type = 'table'`).all() as {
    name: string;
  }[];
  for (const { name } of tables) {
    const rows = JSON.stringify(database.prepare(`select * from "${name}"`).all());
    expect(rows, name).not.toContain(ann.email);
    expect(rows, name).not.toContain(String(sub));
    expect(rows, name).not.toContain('ann’s workspace');
  }
  database.close();
});
