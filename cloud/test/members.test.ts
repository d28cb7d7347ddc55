import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from './command.ts';
import {
  answerOf,
  claimsOf,
  company,
  password,
  TestAccount,
  TestBrowser,
  TestInstance,
  type Tokens,
} from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let instance: TestInstance;
let ann: TestAccount;
let bob: TestAccount;
let hers: TestBrowser;
let his: TestBrowser;
let fromAnn: Tokens;
let fromBob: Tokens;

beforeEach(async () => {
  cloud = await TestCloud.start();
  ({ instance, account: ann, browser: hers } = await company(cloud));
  fromAnn = await hers.signIn(instance, ann, 'Lab');
  await instance.claim(claimsOf(fromAnn).workspace);
  bob = await TestAccount.signUp(cloud, 'bob');
  his = await TestBrowser.open(cloud);
  expect((await members('set', ann.email, bob.email, 'admin')).exitCode).toBe(0);
  fromBob = await his.signIn(instance, bob);
});

afterEach(async () => cloud[Symbol.asyncDispose]());

/** In a process of its own, while the cloud runs. */
const members = async (...args: string[]) =>
  run(['members', ...args], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });

const type = (name: string) => `https://schemas.openid.net/secevent/caep/event-type/${name}`;

test('row 28: another role is told to the instances of the workspace, and is in the next token', async () => {
  const elsewhere = await TestInstance.register(cloud);
  await (await TestBrowser.open(cloud)).signIn(elsewhere, bob);
  expect(claimsOf(fromBob)).toMatchObject({ role: 'admin', workspace: claimsOf(fromAnn).workspace });
  const waiting = instance.events({});
  await sleep(200);
  expect((await members('set', ann.email, bob.email, 'viewer')).output).toContain(
    'hear of it within seconds',
  );
  const begin = performance.now();
  const [event] = await waiting;
  expect(performance.now() - begin).toBeLessThan(1_000);
  expect(event).toMatchObject({
    sub_id: { format: 'iss_sub', iss: cloud.url, sub: claimsOf(fromBob).sub },
    events: { [type('token-claims-change')]: { claims: { role: 'viewer' } } },
  });
  // His own instance has nothing to do with that.
  expect(await elsewhere.events()).toEqual([]);
  expect([await instance.isActive(fromBob), await instance.isActive(fromAnn)]).toEqual([false, true]);
  const renewed = (await (await his.refresh(fromBob.refresh_token)).json()) as Tokens;
  expect(claimsOf(renewed).role).toBe('viewer');
  expect(await instance.isActive(renewed)).toBe(true);
});

test('row 28: a member who is removed is out: the sign-in ends, the instance is told, nothing is renewed', async () => {
  const own = await TestInstance.register(cloud);
  const atOwn = await TestBrowser.open(cloud);
  const stays = await atOwn.signIn(own, bob);
  expect((await members('remove', ann.email, bob.email)).exitCode).toBe(0);
  expect(await instance.events()).toMatchObject([
    {
      sub_id: { format: 'opaque', id: claimsOf(fromBob).grant_id },
      events: { [type('session-revoked')]: {} },
    },
  ]);
  expect((await answerOf(his.refresh(fromBob.refresh_token))).body.error).toBe('invalid_grant');
  expect([await instance.isActive(fromBob), await instance.isActive(fromAnn)]).toEqual([false, true]);
  const again = await his.startLogin(instance);
  expect((await bob.device('approve', again)).status).toBe(403);
  expect((await atOwn.refresh(stays.refresh_token)).status).toBe(200);
  const gone = await members('remove', ann.email, bob.email);
  expect([gone.exitCode, gone.errors]).toEqual([1, expect.stringContaining('no member of the workspace')]);
});

test('a workspace keeps an owner, also when two go at once', async () => {
  for (const change of [
    ['set', ann.email, ann.email, 'member'],
    ['remove', ann.email, ann.email],
  ]) {
    const { exitCode, errors } = await members(...change);
    expect([exitCode, errors]).toEqual([1, expect.stringContaining('the last owner of the workspace')]);
  }
  expect(await instance.events()).toEqual([]);
  expect(await instance.isActive(fromAnn)).toBe(true);

  await members('set', ann.email, bob.email, 'owner');
  const outcomes = await Promise.all([
    members('remove', ann.email, ann.email),
    members('set', ann.email, bob.email, 'viewer'),
  ]);
  expect(outcomes.map(({ exitCode }) => exitCode).toSorted((one, two) => one - two)).toEqual([0, 1]);
  expect((await members('list', ann.email)).output.match(/\towner$/gm)).toHaveLength(1);
});

test('who sets a role is warned while nobody has confirmed the address', async () => {
  const set = async () => members('set', ann.email, bob.email, 'viewer');
  expect(await set()).toMatchObject({ exitCode: 0, errors: expect.stringContaining('Nobody has confirmed') });
  await bob.post('/api/account/email/verification', {});
  const token = await vi.waitUntil(() => cloud.logLines.join('').match(/#link=([\w-]+)/)?.[1], 5_000);
  expect((await bob.post('/api/links/email/redeem', { token, password })).status).toBe(200);
  expect(await set()).toMatchObject({ exitCode: 0, errors: '' });
});

test('the list says who is what; what is wrong is said in a sentence', async () => {
  expect((await members('list', ann.email)).output).toBe(
    'ann@example.test\tann\towner\nbob@example.test\tbob\tadmin\n',
  );
  expect((await members('set', ann.email, bob.email, 'root')).errors).toContain('Allowed choices are owner');
  expect((await members('set', ann.email, 'x@example.test', 'member')).errors).toContain('No account here');
  expect((await members('list', bob.email)).errors).toContain('owns no workspace');
});

test('whoever was removed from their own workspace brings no instance into it', async () => {
  expect((await members('set', ann.email, bob.email, 'owner')).exitCode).toBe(0);
  expect((await members('remove', ann.email, ann.email)).exitCode).toBe(0);
  const planted = await TestInstance.register(cloud);
  const { status, body } = await answerOf(ann.device('approve', await hers.startLogin(planted)));
  expect([status, body.error]).toEqual([403, 'access_denied']);
  expect(body.error_description).toContain('no longer a member of your own workspace');
});

const deleteAccount = async (account: TestAccount) =>
  answerOf(account.post('/api/account/deletion', { email: account.email }));

test('row 60: with the last owner, who deletes their account, all members go', async () => {
  const own = await TestInstance.register(cloud);
  const atOwn = await TestBrowser.open(cloud);
  const stays = await atOwn.signIn(own, bob);
  expect((await deleteAccount(ann)).body).toEqual({ deleted: true });
  expect(await instance.events()).toMatchObject([
    { sub_id: { format: 'iss_sub', sub: claimsOf(fromAnn).sub } },
    {
      sub_id: { format: 'opaque', id: claimsOf(fromBob).grant_id },
      events: { [type('session-revoked')]: {} },
    },
  ]);
  expect((await answerOf(his.refresh(fromBob.refresh_token))).body.error).toBe('invalid_grant');
  expect((await bob.device('approve', await his.startLogin(instance))).status).toBe(403);
  expect((await atOwn.refresh(stays.refresh_token)).status).toBe(200);
});

test('row 60: a workspace goes on with another owner, until that one is deleted too', async () => {
  const carol = await TestAccount.signUp(cloud, 'carol');
  await members('set', ann.email, carol.email, 'owner');
  const hersToo = await TestBrowser.open(cloud);
  await hersToo.signIn(instance, carol);
  await deleteAccount(ann);
  const renewed = (await (await his.refresh(fromBob.refresh_token)).json()) as Tokens;
  expect(claimsOf(renewed)).toMatchObject({ role: 'admin', workspace: claimsOf(fromAnn).workspace });
  await deleteAccount(carol);
  expect((await answerOf(his.refresh(renewed.refresh_token))).body.error).toBe('invalid_grant');
});

test('row 60: a workspace whose founder is gone is named by its ID, or by its owner', async () => {
  const workspace = String(claimsOf(fromAnn).workspace);
  const carol = await TestAccount.signUp(cloud, 'carol');
  await members('set', workspace, carol.email, 'owner');
  expect((await members('workspaces')).output).toBe(
    `${workspace}\tann’s workspace\tann@example.test, carol@example.test\n`,
  );
  await deleteAccount(ann);
  expect((await members('workspaces')).output).toBe(`${workspace}\tDeleted workspace\tcarol@example.test\n`);
  const left = 'bob@example.test\tbob\tadmin\ncarol@example.test\tcarol\towner\n';
  expect((await members('list', workspace)).output).toBe(left);
  expect((await members('list', carol.email)).output).toBe(left);
  // Bob is in it, but it is not his.
  expect((await members('list', bob.email)).errors).toContain('owns no workspace');
  expect((await members('remove', carol.email, bob.email)).exitCode).toBe(0);
  expect((await answerOf(his.refresh(fromBob.refresh_token))).body.error).toBe('invalid_grant');

  const own = await TestInstance.register(cloud);
  await (await TestBrowser.open(cloud)).signIn(own, carol);
  expect((await members('list', carol.email)).output).toBe('carol@example.test\tcarol\towner\n');
  expect((await members('list', workspace)).output).toBe('carol@example.test\tcarol\towner\n');
  expect((await members('set', workspace, bob.email, 'member')).exitCode).toBe(0);
  expect((await members('list', workspace)).output).toContain('bob@example.test\tbob\tmember\n');
  expect((await members('list', carol.email)).output).not.toContain('bob');
  expect((await members('list', 'nothing')).errors).toContain('members workspaces');
});

test('row 60: of two workspaces whose founders are gone, their owner’s address names none', async () => {
  const carol = await TestAccount.signUp(cloud, 'carol');
  const own = await TestInstance.register(cloud);
  const fromOwn = await (await TestBrowser.open(cloud)).signIn(own, bob);
  await members('set', ann.email, carol.email, 'owner');
  await members('set', bob.email, carol.email, 'owner');
  await deleteAccount(ann);
  await deleteAccount(bob);
  expect((await members('list', carol.email)).errors).toContain('owns several workspaces');
  const { output } = await members('list', String(claimsOf(fromOwn).workspace));
  expect(output).toBe('carol@example.test\tcarol\towner\n');
});
