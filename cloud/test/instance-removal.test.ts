import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from './command.ts';
import { answerOf, claimsOf, password, TestAccount, TestBrowser, TestInstance } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
let ann: TestAccount;
let browser: TestBrowser;
let instance: TestInstance;

beforeEach(async () => {
  cloud = await TestCloud.start();
  ann = await TestAccount.signUp(cloud);
  browser = await TestBrowser.open(cloud);
  instance = await ownedInstance();
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

/** An instance of Ann's workspace. */
async function ownedInstance(): Promise<TestInstance> {
  const registered = await TestInstance.register(cloud);
  const { workspace } = claimsOf(await browser.signIn(registered, ann));
  expect((await registered.claim(workspace)).status).toBe(200);
  return registered;
}

const remove = async ({ clientId }: { clientId: unknown }, account = ann) =>
  answerOf(account.post('/api/account/instances/remove', { client_id: clientId }));

async function listed({ cookie } = ann): Promise<{ client_id: string; role: string }[]> {
  const { body } = await answerOf(cloud.get('/api/instances', { headers: { cookie } }));
  return body.instances as { client_id: string; role: string }[];
}

const members = async (...args: string[]) =>
  run(['members', ...args], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });

test('row 28: an owner removes an instance, which hears of it at once, and with which every access to it ends', async () => {
  const kept = await ownedInstance();
  const tokens = await browser.signIn(instance, ann);
  const token = await instance.token();
  // The instance waits for what happens next.
  const poll = instance.call('POST', '/api/instance/events', token, {});
  await sleep(200);
  const begin = performance.now();
  expect(await remove(instance)).toMatchObject({ status: 200, body: { removed: true } });
  expect((await poll).status).toBe(401);
  expect(performance.now() - begin).toBeLessThan(1_000);

  // In the words that instances take for the cloud's own.
  expect(await answerOf(instance.requestToken())).toMatchObject({
    status: 401,
    body: { error: 'invalid_client' },
  });
  expect((await browser.refresh(tokens.refresh_token)).status).toBe(400);
  expect((await browser.requestDeviceCode({ resource: instance.resource })).status).toBe(400);
  expect((await listed()).map(({ client_id }) => client_id)).toEqual([kept.clientId]);
  expect((await kept.requestToken()).status).toBe(200);
  expect(cloud.logLines.join('')).toContain(
    `"clientId":"${instance.clientId}","msg":"an instance was removed by an owner"`,
  );
});

test('nobody else removes it: it is unknown to them, as is one that nobody owns', async () => {
  const unknown = await remove({ clientId: 'no-such-instance' });
  expect([unknown.status, unknown.body.error]).toEqual([404, 'unknown_instance']);
  const bob = await TestAccount.signUp(cloud, 'bob');
  expect(await remove(instance, bob)).toMatchObject({ status: 404, body: unknown.body });
  await members('set', ann.email, bob.email, 'admin');
  expect(await listed(bob)).toMatchObject([{ client_id: instance.clientId, role: 'admin' }]);
  expect(await remove(instance, bob)).toMatchObject({ status: 404, body: unknown.body });
  const unclaimed = await TestInstance.register(cloud);
  await browser.signIn(unclaimed, ann);
  expect(await remove(unclaimed)).toMatchObject({ status: 404, body: unknown.body });
  expect((await unclaimed.requestToken()).status).toBe(200);
  expect(await listed()).toMatchObject([{ client_id: instance.clientId, role: 'owner' }]);
  expect((await instance.requestToken()).status).toBe(200);
  await members('set', ann.email, bob.email, 'owner');
  expect((await remove(instance, bob)).status).toBe(200);
});

test('row 58: it takes a confirmation that is not old, a session and the cloud’s own page', async () => {
  moveClock(5 * 60);
  expect(await remove(instance)).toMatchObject({ status: 403, body: { error: 'confirmation_required' } });
  const path = '/api/account/instances/remove';
  const body = { client_id: instance.clientId };
  expect((await cloud.post(path, body, { origin: cloud.url })).status).toBe(401);
  expect((await ann.post('/api/account/confirmation', { password })).status).toBe(200);
  expect((await ann.post(path, body, { origin: 'https://evil.test' })).status).toBe(403);
  expect((await instance.requestToken()).status).toBe(200);
  expect((await remove(instance)).status).toBe(200);
});

test('of several at once one removes it, and nobody a second time', async () => {
  const statuses = await Promise.all(Array.from({ length: 5 }, async () => (await remove(instance)).status));
  expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 404, 404, 404, 404]);
  expect((await remove(instance)).status).toBe(404);
});

test.each([undefined, 1, { client_id: 'x' }])('%j is no client ID', async (clientId) => {
  expect(await remove({ clientId })).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
});
