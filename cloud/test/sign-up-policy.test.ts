import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createInvite } from '../src/accounts/create-invite.ts';
import { linkTokenIn } from './mail-server.ts';
import { answerOf, type Members, password, TestAccount } from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

afterEach(() => vi.useRealTimers());

const signUp = async (cloud: TestCloud, members: Members = {}) =>
  answerOf(
    cloud.post(
      '/api/auth/sign-up/email',
      { name: 'ann', email: 'ann@example.test', password, ...members },
      { origin: cloud.url },
    ),
  );
const inviteTo = async (cloud: TestCloud, days = 7) =>
  linkTokenIn(await createInvite(cloud.config.dataPath, days), 'sign-up');

test.each(['open', 'invite', 'closed'] as const)('the pages learn that sign-up is %s', async (policy) => {
  await using cloud = await TestCloud.start({}, { signUp: policy });
  expect((await answerOf(cloud.get('/api/entry'))).body.sign_up).toBe(policy);
});

test('the pages learn that the next account is the first, where anybody may create it, and nothing of how many there are', async () => {
  const entryOf = async (cloud: TestCloud) => (await answerOf(cloud.get('/api/entry'))).body;
  await using cloud = await TestCloud.start();
  const later = { sends_mail: false, sign_up: 'open', first_account: false };
  expect(await entryOf(cloud)).toEqual({ ...later, first_account: true });
  const ann = await TestAccount.signUp(cloud);
  expect(await entryOf(cloud)).toEqual(later);
  await TestAccount.signUp(cloud, 'bob');
  expect(await entryOf(cloud)).toEqual(later);
  await ann.post('/api/auth/sign-out', {});
  expect(await entryOf(cloud)).toEqual(later);
  for (const signUp of ['invite', 'closed'] as const) {
    await using shut = await TestCloud.start({}, { signUp });
    expect(await entryOf(shut)).toEqual({ ...later, sign_up: signUp });
  }
});

test('closed: nobody signs up, not even the first or with an invitation; who is there signs in', async () => {
  await using cloud = await TestCloud.start();
  await TestAccount.signUp(cloud, 'bob');
  cloud.config = { ...cloud.config, signUp: 'closed' };
  await cloud.restart();
  const invite = await inviteTo(cloud);
  for (const members of [{}, { invite }]) {
    const { status, body } = await signUp(cloud, members);
    expect([status, body.code]).toEqual([403, 'SIGN_UP_CLOSED']);
  }
  await TestAccount.signIn(cloud, 'bob');
  await using empty = await TestCloud.start({}, { signUp: 'closed' });
  expect((await signUp(empty)).status).toBe(403);
});

describe('by invitation', () => {
  test('an account needs one, the first too; each is for one account', async () => {
    await using cloud = await TestCloud.start({}, { signUp: 'invite' });
    for (const members of [{}, { invite: '' }, { invite: 'A'.repeat(43) }, { invite: 7 }]) {
      expect((await signUp(cloud, members)).body.code).toBe('INVITE_REQUIRED');
    }
    const invite = await inviteTo(cloud);
    const answers = await Promise.all(
      ['ann', 'bob'].map(async (name) => signUp(cloud, { invite, email: `${name}@example.test` })),
    );
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 403]);
  });

  test('one survives a sign-up that fails, and ends when it was to end', async () => {
    await using cloud = await TestCloud.start({}, { signUp: 'invite' });
    await signUp(cloud, { invite: await inviteTo(cloud), email: 'bob@example.test' });
    const invite = await inviteTo(cloud, 1);
    expect((await signUp(cloud, { invite, password: 'password1234' })).body.code).toBe('PASSWORD_TOO_WEAK');
    expect((await signUp(cloud, { invite, email: 'bob@example.test' })).status).toBe(422);
    for (const members of [{ email: 'no address' }, { email: 7 }, { name: null }, { password: 'short' }]) {
      expect((await signUp(cloud, { invite, ...members })).status).toBe(400);
    }
    moveClock(24 * 60 * 60 - 60);
    expect((await signUp(cloud, { invite, email: 'bob@example.test' })).status).toBe(422);
    moveClock(61);
    expect((await signUp(cloud, { invite })).body.code).toBe('INVITE_REQUIRED');
  });

  test('the page learns whether one is good without using it up, and nothing else', async () => {
    await using cloud = await TestCloud.start({}, { signUp: 'invite' });
    const look = async (token: unknown) =>
      answerOf(cloud.post('/api/links/invite', { token }, { origin: cloud.url }));
    const [used, late] = [await inviteTo(cloud), await inviteTo(cloud, 1)];
    for (const token of [used, used, late]) expect((await look(token)).body).toEqual({ good: true });
    expect((await signUp(cloud, { invite: used })).status).toBe(200);
    expect((await look(used)).body).toEqual({ good: false });
    expect((await look('A'.repeat(43))).body).toEqual({ good: false });
    expect((await look(7)).status).toBe(410);
    moveClock(24 * 60 * 60 + 1);
    expect((await look(late)).body).toEqual({ good: false });
    expect((await cloud.post('/api/links/invite', { token: late })).status).toBe(403);
  });

  test('row 48: an invitation lies in clear neither on the disk nor in the log', async () => {
    await using cloud = await TestCloud.start({}, { signUp: 'invite' });
    const invite = await inviteTo(cloud);
    await signUp(cloud, { invite, password: 'password1234' });
    expect(cloud.logLines.join('')).not.toContain(invite);
    for (const [name, content] of await cloud.everythingOnDisk())
      expect(content.includes(invite), name).toBe(false);
  });
});

test('an invitation is made where there is a cloud only, for 1 to 365 days', async () => {
  await using cloud = await TestCloud.start();
  expect(await createInvite(cloud.config.dataPath, 365)).toContain(`${cloud.url}/sign-up#link=`);
  for (const days of [0, 366, 1.5, Number.NaN]) {
    await expect(createInvite(cloud.config.dataPath, days)).rejects.toThrow('1 to 365 days');
  }
  const empty = await mkdtemp(join(tmpdir(), 'holdfast-cloud-'));
  await expect(createInvite(empty, 7)).rejects.toThrow(`There is no cloud in ${empty}`);
});
