// What was begun before access was withdrawn, and ends after it. To stop a request in the middle, another connection holds
// the database: whoever writes waits for it, whoever reads goes on.

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authenticatorCode, earlierAuthenticatorCode } from './authenticator-app.ts';
import { TestAuthenticator } from './test-authenticator.ts';
import {
  answerOf,
  claimsOf,
  cookiesOf,
  password,
  TestAccount,
  TestBrowser,
  TestInstance,
} from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

const newPassword = 'mauve otter paints tuba';

let cloud: TestCloud;
let ann: TestAccount;
let other: DatabaseSync;

beforeEach(async () => {
  cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: 0 } });
  ann = await TestAccount.signUp(cloud);
  other = new DatabaseSync(cloud.file('cloud.db'), { timeout: 5_000 });
});

afterEach(async () => {
  other.close();
  await cloud[Symbol.asyncDispose]();
});

/** Does it between two transactions of the cloud, which lives in this process: to wait for it would hold it up. */
async function untilFree(withdrawal: () => void): Promise<void> {
  other.exec('PRAGMA busy_timeout = 0');
  for (;;) {
    try {
      withdrawal();
      return;
    } catch (error) {
      if (!String(error).includes('database is locked')) throw error;
    }
    await sleep(1);
  }
}

/** Sends a request, and withdraws something once all is judged that reading suffices for. */
async function overtaken(send: () => Promise<Response>, withdrawal: () => void): Promise<Response> {
  other.exec('BEGIN IMMEDIATE');
  const response = send();
  await sleep(600);
  withdrawal();
  other.exec('COMMIT');
  return response;
}

const signIn = async (secret = password) =>
  cloud.post('/api/auth/sign-in/email', { email: ann.email, password: secret }, { origin: cloud.url });

const isSignedIn = async (cookie: string) =>
  (await cloud.get('/api/account/sessions', { headers: { cookie } })).status === 200;

const endSessions = () => other.exec('DELETE FROM session');

/** Replaces the password by that of another account, and ends every session, as a reset does. */
async function reset(): Promise<() => void> {
  const body = { name: 'bob', email: 'bob@example.test', password: newPassword };
  await cloud.post('/api/auth/sign-up/email', body, { origin: cloud.url });
  return () => {
    endSessions();
    other
      .prepare(
        `UPDATE account SET password = (
           SELECT password FROM account JOIN user ON user.id = userId WHERE email = 'bob@example.test')
         WHERE userId = (SELECT id FROM user WHERE email = ?)`,
      )
      .run(ann.email);
  };
}

test('row 57: a sign-in whose password is replaced meanwhile gives no session', async () => {
  const response = await overtaken(signIn, await reset());
  expect(response.status).toBe(401);
  expect(await isSignedIn(cookiesOf(response))).toBe(false);
  expect([(await signIn()).status, (await signIn(newPassword)).status]).toEqual([401, 200]);
});

test('row 57: nor does it wait for a code', async () => {
  const { body } = await answerOf(ann.post('/api/account/second-factor/begin', {}));
  const secret = String(body.secret);
  await ann.post('/api/account/second-factor/on', { code: await earlierAuthenticatorCode(secret) });
  const response = await overtaken(signIn, await reset());
  expect(response.status).toBe(401);
  const finished = await cloud.post(
    '/api/auth/sign-in/second-factor',
    { code: authenticatorCode(secret) },
    { origin: cloud.url, cookie: cookiesOf(response) },
  );
  expect(finished.status).toBe(401);
});

test('row 58: a session that ends meanwhile replaces no password', async () => {
  const response = await overtaken(
    async () => ann.post('/api/account/password', { password: newPassword }),
    endSessions,
  );
  expect((await answerOf(response)).body.error).toBe('login_required');
  expect([(await signIn(newPassword)).status, (await signIn()).status]).toEqual([401, 200]);
});

test('row 58: a session that ends meanwhile plants no passkey', async () => {
  const { body } = await answerOf(ann.post('/api/account/passkeys/options', {}));
  const created = new TestAuthenticator().create({ challenge: String(body.challenge), origin: cloud.url });
  const response = await overtaken(
    async () => ann.post('/api/account/passkeys/add', { name: 'planted', response: created }),
    endSessions,
  );
  expect((await answerOf(response)).body.error).toBe('login_required');
  const cookie = cookiesOf(await signIn());
  expect((await answerOf(cloud.get('/api/account/passkeys', { headers: { cookie } }))).body).toEqual({
    passkeys: [],
  });
});

describe('row 58: an instance stays that is being removed', () => {
  test.each([
    ['in a session that ends meanwhile', endSessions, 401],
    [
      'by an owner who becomes a member meanwhile',
      () => other.exec("UPDATE workspace_members SET role = 'member'"),
      404,
    ],
  ])('%s', async (_what, withdrawal, status) => {
    const instance = await TestInstance.register(cloud);
    const tokens = await (await TestBrowser.open(cloud)).signIn(instance, ann);
    await instance.claim(claimsOf(tokens).workspace);
    const body = { client_id: instance.clientId };
    const response = await overtaken(async () => ann.post('/api/account/instances/remove', body), withdrawal);
    expect(response.status).toBe(status);
    expect((await instance.requestToken()).status).toBe(200);
  });
});

test('row 28: an instance that is removed while it is about to wait for events does not wait', async () => {
  const instance = await TestInstance.register(cloud);
  const token = await instance.token();
  const begin = performance.now();
  // To acknowledge something is to write.
  const response = await overtaken(
    async () => instance.call('POST', '/api/instance/events', token, { ack: ['x'] }),
    () => other.exec('DELETE FROM instances'),
  );
  expect(response.status).toBe(401);
  expect(performance.now() - begin).toBeLessThan(5_000);
});

test('row 58: a session that ends meanwhile turns no second factor on or off', async () => {
  const secret = String((await answerOf(ann.post('/api/account/second-factor/begin', {}))).body.secret);
  const code = await earlierAuthenticatorCode(secret);
  const on = async (account: TestAccount) => account.post('/api/account/second-factor/on', { code });
  expect((await answerOf(await overtaken(async () => on(ann), endSessions))).body.error).toBe(
    'login_required',
  );
  const again = await TestAccount.signIn(cloud);
  expect((await on(again)).status).toBe(200);
  const off = await overtaken(async () => again.post('/api/account/second-factor/off', {}), endSessions);
  expect((await answerOf(off)).body.error).toBe('login_required');
  expect(await (await signIn()).json()).toEqual({ second_factor_required: true });
});

describe('row 59: a sign-in whose passkey is removed meanwhile gives no session', () => {
  let prepare: () => Promise<() => Promise<Response>>;
  beforeEach(async () => {
    const authenticator = new TestAuthenticator();
    const origin = cloud.url;
    const { body } = await answerOf(ann.post('/api/account/passkeys/options', {}));
    const response = authenticator.create({ challenge: String(body.challenge), origin });
    await ann.post('/api/account/passkeys/add', { name: 'key', response });
    prepare = async () => {
      const options = await answerOf(cloud.post('/api/auth/sign-in/passkey/options', {}, { origin }));
      const answer = authenticator.get({ challenge: String(options.body.challenge), origin });
      return async () => cloud.post('/api/auth/sign-in/passkey', { response: answer }, { origin });
    };
  });
  const remove = () => other.exec('DELETE FROM passkeys; DELETE FROM session');

  test('while its answer is judged', async () => {
    const response = await overtaken(await prepare(), remove);
    expect(response.status).toBe(401);
    expect(await isSignedIn(cookiesOf(response))).toBe(false);
  });

  test('whenever it is removed', async () => {
    const removed = Promise.withResolvers<void>();
    const sends = await Promise.all(Array.from({ length: 8 }, prepare));
    const responses = sends.map(async (send, index) => {
      await sleep(5 * index);
      if (index === 4) {
        await untilFree(remove);
        removed.resolve();
      }
      return send();
    });
    await removed.promise;
    for (const response of await Promise.all(responses))
      expect(await isSignedIn(cookiesOf(response))).toBe(false);
  });
});
