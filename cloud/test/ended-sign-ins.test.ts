import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  claimsOf,
  type Members,
  password,
  TestAccount,
  TestBrowser,
  TestInstance,
  type Tokens,
} from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let instance: TestInstance;
/** Two browsers of one person, and one of somebody else. */
let desk: TestAccount;
let phone: TestAccount;
let bob: TestAccount;
let fromDesk: Tokens;
let fromPhone: Tokens;
let browser: TestBrowser;

beforeEach(async () => {
  cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: 0 } });
  instance = await TestInstance.register(cloud);
  browser = await TestBrowser.open(cloud);
  desk = await TestAccount.signUp(cloud);
  phone = await TestAccount.signIn(cloud);
  bob = await TestAccount.signUp(cloud, 'bob');
  fromDesk = await browser.signIn(instance, desk);
  fromPhone = await browser.signIn(instance, phone);
});

afterEach(async () => cloud[Symbol.asyncDispose]());

/** Which sign-ins the instance is told of, oldest first. */
async function ended(body?: Members): Promise<unknown[]> {
  return (await instance.events(body)).map(({ sub_id, events }) => {
    expect(Object.keys(events)).toEqual([
      'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
    ]);
    return sub_id.id;
  });
}

async function sessionsOf({ cookie }: TestAccount) {
  const response = await cloud.get('/api/account/sessions', { headers: { cookie } });
  const { sessions } = (await response.json()) as {
    sessions: { id: string; current: boolean; instances: number }[];
  };
  return sessions;
}

async function otherSessionOf(account: TestAccount): Promise<unknown> {
  return (await sessionsOf(account)).find(({ current }) => !current)?.id;
}

const refreshStatus = async ({ refresh_token }: Tokens) => (await browser.refresh(refresh_token)).status;

test('row 28: with a session that is ended, the sign-ins that were approved in it end, and no others', async () => {
  const session_id = await otherSessionOf(desk);
  const pending = await browser.startLogin(instance);
  await phone.approve(pending);
  const waiting = ended({});
  await sleep(200);
  const begin = performance.now();
  expect((await desk.post('/api/account/sessions/end', { session_id })).status).toBe(200);
  expect(await waiting).toContain(claimsOf(fromPhone).grant_id);
  expect(performance.now() - begin).toBeLessThan(1_000);
  // One for the login that was approved and whose tokens nobody has fetched yet.
  expect(await ended()).toHaveLength(2);
  expect((await browser.poll(pending)).status).toBe(400);
  expect([await instance.isActive(fromPhone), await instance.isActive(fromDesk)]).toEqual([false, true]);
  expect([await refreshStatus(fromPhone), await refreshStatus(fromDesk)]).toEqual([400, 200]);
});

test.each<[string, () => Promise<Response>]>([
  ['signing out everywhere else', async () => desk.post('/api/account/sessions/end-others', {})],
  [
    'a new password',
    async () => desk.post('/api/account/password', { password: 'nine purple elephants juggling' }),
  ],
])('row 58: %s ends what was not approved in this session', async (_what, act) => {
  const his = await browser.signIn(instance, bob);
  // Its session is over; whose it was, nobody knows.
  const gone = await TestAccount.signIn(cloud);
  const fromGone = await browser.signIn(instance, gone);
  await gone.post('/api/auth/sign-out', {});
  expect(await instance.isActive(fromGone)).toBe(true);

  expect((await act()).status).toBe(200);
  expect(new Set(await ended())).toEqual(
    new Set([claimsOf(fromPhone).grant_id, claimsOf(fromGone).grant_id]),
  );
  expect(
    await Promise.all([fromDesk, fromPhone, fromGone, his].map(async (tokens) => instance.isActive(tokens))),
  ).toEqual([true, false, false, true]);
});

test('row 58: a password that was reset by a link ends every sign-in', async () => {
  await cloud.post('/api/links/password-reset', { email: desk.email }, { origin: cloud.url });
  const link = () => cloud.logLines.join('').match(/#link=([\w-]+)/)?.[1];
  const token = await vi.waitUntil(link, 2_000);
  const body = { token, password: 'nine purple elephants juggling' };
  const redeemed = await cloud.post('/api/links/password-reset/redeem', body, { origin: cloud.url });
  expect(redeemed.status).toBe(200);
  expect(await ended()).toHaveLength(2);
  expect([await instance.isActive(fromPhone), await instance.isActive(fromDesk)]).toEqual([false, false]);
});

test('a sign-out of the cloud’s own pages ends no sign-in at an instance', async () => {
  expect((await phone.post('/api/auth/sign-out', {})).status).toBe(200);
  expect(await ended()).toEqual([]);
  expect(await instance.isActive(fromPhone)).toBe(true);
  expect(await refreshStatus(fromPhone)).toBe(200);
});

test('each session says at how many instances its sign-ins go on, and takes them along where that is asked for', async () => {
  const instancesOf = async (account: TestAccount) => (await sessionsOf(account)).map((one) => one.instances);
  const other = await TestInstance.register(cloud);
  await browser.signIn(other, phone);
  const again = await browser.signIn(other, phone);
  await browser.signIn(other, bob);
  const own = (await sessionsOf(phone)).find(({ current }) => current);
  expect(own?.instances).toBe(2);
  expect((await instancesOf(desk)).toSorted((one, other) => one - other)).toEqual([1, 2]);
  await cloud.postForm('/token/revocation', { client_id: 'holdfast-web', token: fromPhone.refresh_token });
  expect((await instancesOf(desk)).toSorted((one, other) => one - other)).toEqual([1, 1]);

  // As the page does that is asked to: the session with all of it, then the cookie.
  expect((await phone.post('/api/account/sessions/end', { session_id: own?.id })).status).toBe(200);
  const signOut = await phone.post('/api/auth/sign-out', {});
  expect(signOut.status).toBe(200);
  expect(signOut.headers.getSetCookie().join()).toMatch(/session_token=;/);
  expect(await other.events()).toHaveLength(2);
  expect([await other.isActive(again), await instance.isActive(fromDesk)]).toEqual([false, true]);
  expect(await instancesOf(desk)).toEqual([1]);
});

test('a sign-in whose time is over is not counted', async () => {
  const counts = async () => (await sessionsOf(desk)).map(({ instances }) => instances);
  expect(await counts()).toEqual([1, 1]);
  const database = new DatabaseSync(cloud.file('cloud.db'));
  database.exec(`update oauth_records set expires_at = unixepoch() where kind = 'Grant'`);
  database.close();
  expect(await counts()).toEqual([0, 0]);
});

test('a sign-in that ended before is not told of again', async () => {
  await cloud.postForm('/token/revocation', { client_id: 'holdfast-web', token: fromPhone.refresh_token });
  expect(await ended()).toHaveLength(1);
  const session_id = await otherSessionOf(desk);
  expect((await desk.post('/api/account/sessions/end', { session_id })).status).toBe(200);
  expect(await ended()).toHaveLength(1);
});

test('sign-ins from before they were kept count as approved in another session', async () => {
  await cloud.down();
  const database = new DatabaseSync(cloud.file('cloud.db'));
  database.exec(`drop table sign_ins; drop table disabled_accounts; drop table registration_keys;
    drop trigger instances_inserted; drop trigger instances_deleted; drop trigger instances_updated;
    drop table unclaimed_places; drop index instance_origins_use;
    drop index instances_attempt; alter table instances drop column attempt_hash;
    drop index oauth_records_instance; alter table oauth_records drop column instance;
    delete from cloud_migrations where name >= '2026-12-sign-ins'`);
  database.close();
  await cloud.restart();
  // Later updates have ended the sessions of then.
  const again = await TestAccount.signIn(cloud);
  expect((await again.post('/api/account/sessions/end-others', {})).status).toBe(200);
  expect(await ended()).toHaveLength(2);
  expect([await instance.isActive(fromPhone), await instance.isActive(fromDesk)]).toEqual([false, false]);
});

test('row 48: which session approved is not in the database, only its hash', async () => {
  const session = String(await otherSessionOf(desk));
  const database = new DatabaseSync(cloud.file('cloud.db'), { readOnly: true });
  const rows = database.prepare('select * from sign_ins').all();
  database.close();
  expect(rows).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toContain(session);
});

test('another account ends nothing of this one', async () => {
  const session_id = await otherSessionOf(desk);
  expect((await bob.post('/api/account/sessions/end', { session_id })).status).toBe(404);
  await bob.post('/api/account/sessions/end-others', {});
  const body = { email: desk.email, password };
  expect((await cloud.post('/api/auth/sign-in/email', body, { origin: cloud.url })).status).toBe(200);
  expect([await instance.isActive(fromPhone), await instance.isActive(fromDesk)]).toEqual([true, true]);
});
