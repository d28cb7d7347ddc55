import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase } from '../src/database/database.ts';
import { run } from './command.ts';
import {
  answerOf,
  claimsOf,
  company,
  password,
  TestAccount,
  type TestBrowser,
  type TestInstance,
  type Tokens,
} from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let instance: TestInstance;
let ann: TestAccount;
let browser: TestBrowser;
let tokens: Tokens;

beforeEach(async () => {
  cloud = await TestCloud.start();
  ({ instance, account: ann, browser } = await company(cloud));
  tokens = await browser.signIn(instance, ann);
});

afterEach(async () => cloud[Symbol.asyncDispose]());

/** In a process of its own, while the cloud runs. */
const accounts = async (...args: string[]) =>
  run(['accounts', ...args], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });

const signIn = async (email = ann.email, secret = password) =>
  answerOf(cloud.post('/api/auth/sign-in/email', { email, password: secret }, { origin: cloud.url }));

async function isSignedIn({ cookie }: TestAccount): Promise<boolean> {
  return (await cloud.get('/api/account/sessions', { headers: { cookie } })).status === 200;
}

test('row 28: an account that is disabled is shut out everywhere, by a command while the cloud runs', async () => {
  const bob = await TestAccount.signUp(cloud, 'bob');
  const waiting = instance.call('POST', '/api/instance/events', await instance.token(), {});
  await sleep(200);
  const { output, errors, exitCode } = await accounts('disable', ' Ann@Example.test ');
  const begin = performance.now();
  expect([exitCode, errors]).toEqual([0, '']);
  expect(output).toContain('signed out everywhere and cannot sign in');
  const { sets } = (await (await waiting).json()) as { sets: Record<string, string> };
  // Another process has published it; the one that the instance waits at has seen that.
  expect(performance.now() - begin).toBeLessThan(1_000);
  const [set = ''] = Object.values(sets);
  expect(claimsOf({ access_token: set })).toMatchObject({
    sub_id: { format: 'opaque', id: claimsOf(tokens).grant_id },
    events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {} },
  });

  expect((await answerOf(browser.refresh(tokens.refresh_token))).body.error).toBe('invalid_grant');
  expect([await isSignedIn(ann), await isSignedIn(bob)]).toEqual([false, true]);
  expect(await signIn()).toMatchObject({ status: 403, body: { code: 'ACCOUNT_DISABLED' } });
  expect((await signIn(ann.email, 'wrong')).body).toEqual((await signIn('nobody@example.test')).body);
  expect((await accounts('disable', ann.email)).output).toContain('disabled already');
});

test('an account that is enabled again signs in anew; nothing that ended comes back', async () => {
  await accounts('disable', ann.email);
  expect((await accounts('enable', ann.email)).output).toContain('may sign in again');
  expect((await accounts('enable', ann.email)).output).toContain('was not disabled');
  expect((await browser.refresh(tokens.refresh_token)).status).toBe(400);
  expect(await isSignedIn(ann)).toBe(false);
  const again = await TestAccount.signIn(cloud);
  expect(claimsOf(await browser.signIn(instance, again)).sub).toBe(claimsOf(tokens).sub);
});

test('an account that is disabled gets no tokens, even for a sign-in that did not end with it', async () => {
  // As for one that was under way at that moment.
  const database = await openDatabase(cloud.file('cloud.db'));
  const disabled = { account_id: String(claimsOf(tokens).sub), disabled_at: Date.now() };
  await database.insertInto('disabled_accounts').values(disabled).execute();
  await database.destroy();
  const { status, body } = await answerOf(browser.refresh(tokens.refresh_token));
  expect([status, body.error]).toEqual([400, 'invalid_grant']);
});

test('a link to reset the password lets a disabled account in neither', async () => {
  await cloud.post('/api/links/password-reset', { email: ann.email }, { origin: cloud.url });
  const token = await vi.waitUntil(() => cloud.logLines.join('').match(/#link=([\w-]+)/)?.[1], 2_000);
  await accounts('disable', ann.email);
  const body = { token, password: 'nine purple elephants juggling' };
  const redeemed = await cloud.post('/api/links/password-reset/redeem', body, { origin: cloud.url });
  expect(redeemed.status).toBe(410);

  const asked = await cloud.post('/api/links/password-reset', { email: ann.email }, { origin: cloud.url });
  expect([asked.status, await asked.json()]).toEqual([200, { requested: true }]);
  await accounts('enable', ann.email);
  const later = await cloud.post('/api/links/password-reset/redeem', body, { origin: cloud.url });
  expect(later.status).toBe(410);
  expect(cloud.logLines.join('').match(/#link=/g)).toHaveLength(1);
  expect((await signIn()).status).toBe(200);
});

test('the list says who there is and who is disabled, and repeats no control character', async () => {
  const name = 'Eve\u001B[2J\nroot@example.test';
  const body = { name, email: 'eve@example.test', password };
  await cloud.post('/api/auth/sign-up/email', body, { origin: cloud.url });
  await accounts('disable', 'eve@example.test');
  const { output } = await accounts('list');
  const [first, second, ...others] = output.trimEnd().split('\n');
  expect(first).toBe('ann@example.test\tann\tenabled\taddress not confirmed');
  expect(second).toMatch(/^eve@example\.test\tEve.*\tdisabled since \d{4}-/);
  expect(others).toEqual([]);
  expect(output).not.toContain('\u001B');
});

test('who is not there cannot be disabled, nor is anybody where there is no cloud', async () => {
  const unknown = await accounts('disable', 'nobody@example.test');
  expect([unknown.exitCode, unknown.output]).toEqual([1, '']);
  expect(unknown.errors).toContain('No account here has the address "nobody@example.test"');
  const nowhere = await run(['accounts', 'list', '--data-path', cloud.file('elsewhere')]);
  expect(nowhere.exitCode).toBe(1);
  expect(nowhere.errors).toContain('There is no cloud in');
});
