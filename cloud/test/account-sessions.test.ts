import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase } from '../src/database/database.ts';
import { migrations } from '../src/database/migrations.ts';
import { answerOf, type Members, password, TestAccount } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

interface Session extends Members {
  readonly id: string;
  readonly current: boolean;
}

let cloud: TestCloud;
let desk: TestAccount;
let phone: TestAccount;

beforeEach(async () => {
  cloud = await TestCloud.start();
  desk = await TestAccount.signUp(cloud);
  phone = await TestAccount.signIn(cloud);
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

const isSignedIn = async ({ cookie }: TestAccount) =>
  (await (await cloud.get('/api/auth/get-session', { headers: { cookie } })).json()) !== null;

async function sessionsOf({ cookie }: TestAccount): Promise<readonly Session[]> {
  const { status, body } = await answerOf(cloud.get('/api/account/sessions', { headers: { cookie } }));
  expect(status).toBe(200);
  return body.sessions as readonly Session[];
}

test('an account sees its sessions: where from, since when, last use, and which one this is', async () => {
  await cloud.post(
    '/api/auth/sign-in/email',
    { email: desk.email, password },
    { origin: cloud.url, 'user-agent': 'Mozilla/5.0 Firefox/140.0' },
  );
  await TestAccount.signUp(cloud, 'bob');
  const sessions = await sessionsOf(desk);
  expect(sessions).toHaveLength(3);
  expect(sessions.filter(({ current }) => current)).toHaveLength(1);
  expect(sessions).toContainEqual({
    id: expect.any(String),
    address: '127.0.0.1',
    user_agent: 'Mozilla/5.0 Firefox/140.0',
    signed_in_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    last_used_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    instances: 0,
    current: false,
  });
  const mine = (await sessionsOf(phone)).find(({ current }) => current);
  expect(mine?.id).not.toBe(sessions.find(({ current }) => current)?.id);
});

test('an IPv6 address is shown as it is', async () => {
  await using own = await TestCloud.start({}, { listen: { host: '::1', port: 0 } });
  const { cookie } = await TestAccount.signUp(own);
  const { body } = await answerOf(own.get('/api/account/sessions', { headers: { cookie } }));
  expect(body.sessions).toMatchObject([{ address: '::1' }]);
});

test('the last use is known to the minute', async () => {
  const lastUse = async () => (await sessionsOf(desk)).find(({ current }) => !current)?.last_used_at;
  const before = await lastUse();
  expect(await isSignedIn(phone)).toBe(true);
  expect(await lastUse()).toBe(before);
  moveClock(61);
  expect(await isSignedIn(phone)).toBe(true);
  expect(Date.parse(String(await lastUse())) - Date.parse(String(before))).toBeGreaterThanOrEqual(61_000);
});

test('one session is ended at once, and no other', async () => {
  const other = (await sessionsOf(desk)).find(({ current }) => !current);
  expect((await desk.post('/api/account/sessions/end', { session_id: other?.id })).status).toBe(200);
  expect([await isSignedIn(desk), await isSignedIn(phone)]).toEqual([true, false]);
  expect((await phone.device('lookup', { user_code: 'BCDF-GHJK' })).status).toBe(401);
  const again = await answerOf(desk.post('/api/account/sessions/end', { session_id: other?.id }));
  expect([again.status, again.body.error]).toEqual([404, 'unknown_session']);
});

test('all other sessions are ended at once, those of other accounts are not', async () => {
  const bob = await TestAccount.signUp(cloud, 'bob');
  const third = await TestAccount.signIn(cloud);
  expect((await answerOf(desk.post('/api/account/sessions/end-others', {}))).body).toEqual({ ended: 2 });
  expect(await Promise.all([desk, phone, third, bob].map(isSignedIn))).toEqual([true, false, false, true]);
});

test('nobody ends the session of somebody else', async () => {
  const bob = await TestAccount.signUp(cloud, 'bob');
  const [session] = await sessionsOf(bob);
  expect((await desk.post('/api/account/sessions/end', { session_id: session?.id })).status).toBe(404);
  expect(await isSignedIn(bob)).toBe(true);
});

test.each(['/api/account/sessions/end', '/api/account/sessions/end-others'])(
  'row 33: %s is done for the cloud’s own pages only',
  async (path) => {
    for (const origin of ['https://evil.test', 'null']) {
      expect((await desk.post(path, {}, { origin })).status).toBe(403);
    }
    expect((await desk.post(path, {}, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await cloud.post(path, {}, { origin: cloud.url })).status).toBe(401);
    expect((await cloud.get(path, { headers: { cookie: desk.cookie } })).status).toBe(404);
    expect(await isSignedIn(phone)).toBe(true);
  },
);

test('row 48: what the database holds of a session opens none', async () => {
  const database = new DatabaseSync(cloud.file('cloud.db'), { readOnly: true });
  const tokens = database.prepare('select token from session').all() as { token: string }[];
  database.close();
  expect(tokens).toHaveLength(2);
  const [name] = desk.cookie.split('=');
  const [, signature = ''] = decodeURIComponent(desk.cookie).split(/\.(.*)/);
  for (const { token } of tokens) {
    expect(decodeURIComponent(`${desk.cookie} ${phone.cookie}`)).not.toContain(token);
    expect(
      await isSignedIn({ cookie: `${name}=${encodeURIComponent(`${token}.${signature}`)}` } as TestAccount),
    ).toBe(false);
  }
});

test('sessions whose tokens an earlier version stored in clear end with the update', async () => {
  await cloud.down();
  const database = await openDatabase(cloud.file('cloud.db'));
  await migrations['2026-12-account-sessions']?.up(database);
  await database.destroy();
  await cloud.restart();
  expect(await isSignedIn(desk)).toBe(false);
  await TestAccount.signIn(cloud);
});
