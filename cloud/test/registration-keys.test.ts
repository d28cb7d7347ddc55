import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { maximumWorkingKeys } from '../src/registration-keys/registration-keys.ts';
import { run } from './command.ts';
import {
  type AnswerBody,
  answerOf,
  claimsOf,
  instanceMetadata,
  type Members,
  password,
  TestAccount,
  TestBrowser,
  TestInstance,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

const day = 86_400;

let cloud: TestCloud;
let ann: TestAccount;

beforeEach(async () => {
  cloud = await TestCloud.start();
  ann = await TestAccount.signUp(cloud);
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

interface ListedKey {
  readonly id: string;
  readonly label: string;
  readonly state: string;
  readonly uses: number;
}

async function listed(
  account = ann,
): Promise<{ workspaces: { id: string; name: string }[]; keys: ListedKey[] }> {
  const response = await cloud.get('/api/account/registration-keys', { headers: { cookie: account.cookie } });
  return (await response.json()) as { workspaces: { id: string; name: string }[]; keys: ListedKey[] };
}

async function request(members: Members = {}, account = ann): Promise<{ status: number; body: AnswerBody }> {
  const [workspace] = (await listed(account)).workspaces;
  const key = { workspace: workspace?.id, label: 'Build machines', lifetime_seconds: 30 * day, uses: 1 };
  return answerOf(account.post('/api/account/registration-keys/create', { ...key, ...members }));
}

async function create(members: Members = {}, account = ann): Promise<string> {
  const { status, body } = await request(members, account);
  if (status !== 200) throw new Error(`create: ${status} ${body.error_description}`);
  return String(body.key);
}

const register = async (authorization: string, metadata: Members = instanceMetadata, headers = {}) =>
  answerOf(cloud.post('/reg', metadata, { authorization, ...headers }));

async function ownedBy(account: TestAccount): Promise<{ client_id: string; name: string }[]> {
  const { body } = await answerOf(cloud.get('/api/instances', { headers: { cookie: account.cookie } }));
  return body.instances as { client_id: string; name: string }[];
}

/** In a process of its own, while the cloud runs. */
const keysCommand = async (...args: string[]) =>
  run(['registration-keys', ...args], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });

const membersCommand = async (...args: string[]) =>
  run(['members', ...args], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });

describe('row 6: a registration with a key', () => {
  test('is an instance of the workspace at once, called after the key, and its answer says whose', async () => {
    const key = await create();
    expect(key).toMatch(/^hfkey_[\w-]{43}$/);
    const instance = await TestInstance.registerByKey(cloud, key);
    const [workspace] = (await listed()).workspaces;
    const owned = {
      workspace: workspace?.id,
      workspace_name: 'ann’s workspace',
      claimed_at: expect.any(String),
    };
    expect(instance.registration.instance).toEqual({
      client_id: instance.clientId,
      name: 'Build machines',
      registered_at: expect.any(String),
      owner: owned,
    });
    const { body } = await answerOf(instance.call('GET', '/api/instance', await instance.token()));
    expect(body).toEqual(instance.registration.instance);
    expect(await ownedBy(ann)).toMatchObject([{ client_id: instance.clientId, name: 'Build machines' }]);
    // Nobody else gets in, and nobody can claim it.
    const bob = await TestAccount.signUp(cloud, 'bob');
    const login = await (await TestBrowser.open(cloud)).startLogin(instance);
    expect((await bob.device('approve', login)).status).toBe(403);
    const tokens = await (await TestBrowser.open(cloud)).signIn(instance, ann);
    expect(claimsOf(tokens)).toMatchObject({ role: 'owner', workspace: workspace?.id });
    expect((await listed()).keys).toMatchObject([{ state: 'used_up', uses: 1 }]);
  });

  test('happens once: the second gets 401, and registers nothing', async () => {
    const key = await create();
    await TestInstance.registerByKey(cloud, key);
    const { status, body, headers } = await register(`Bearer ${key}`);
    expect([status, body.error]).toEqual([401, 'invalid_token']);
    expect(body.error_description).toContain('make a new one');
    expect(headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"/);
    expect(await ownedBy(ann)).toHaveLength(1);
  });

  test('happens as often as the key was made for, and each has a number', async () => {
    const key = await create({ uses: 2 });
    await TestInstance.registerByKey(cloud, key);
    await TestInstance.registerByKey(cloud, key);
    expect((await register(`Bearer ${key}`)).status).toBe(401);
    const names = (await ownedBy(ann)).map(({ name }) => name);
    expect(names.sort()).toEqual(['Build machines 1', 'Build machines 2']);
  });

  test('that many ask for at once has one winner', async () => {
    const key = await create();
    const answers = await Promise.all(Array.from({ length: 10 }, async () => register(`Bearer ${key}`)));
    const statuses = answers.map(({ status }) => status).sort((one, other) => one - other);
    expect(statuses).toEqual([201, ...Array<number>(9).fill(401)]);
    expect(await ownedBy(ann)).toHaveLength(1);
  });

  test('whose metadata is refused does not use the key up', async () => {
    const key = await create();
    expect((await register(`Bearer ${key}`, { scope: 'instance' })).status).toBe(400);
    expect((await register(`Bearer ${key}`)).status).toBe(201);
  });

  test.each([
    ['a key that never was', `Bearer hfkey_${'A'.repeat(43)}`],
    ['no key', 'Bearer x'],
    ['nothing', 'Bearer'],
    ['a password', `Basic ${Buffer.from('a:b').toString('base64')}`],
  ])('with %s is refused, and does not become one that nobody owns', async (_what, authorization) => {
    const { status, body, headers } = await register(authorization);
    expect([status, body.error]).toEqual([401, 'invalid_token']);
    expect(headers.get('www-authenticate')).toContain('invalid_token');
    expect(body).not.toHaveProperty('client_id');
  });

  test('is refused with a key of another spelling, as another scheme, or in an address', async () => {
    const key = await create();
    expect((await register(`DPoP ${key}`)).status).toBe(401);
    expect((await register(`Bearer ${key.toUpperCase()}`)).status).toBe(401);
    expect((await register(`Bearer ${key}=`)).status).toBe(401);
    const inAddress = await answerOf(cloud.post(`/reg?access_token=${key}`, instanceMetadata));
    expect([inAddress.status, inAddress.body.error]).toEqual([400, 'invalid_request']);
    const inBody = await answerOf(cloud.post('/reg', { ...instanceMetadata, access_token: key }));
    expect([inBody.status, inBody.body.error]).toEqual([400, 'invalid_client_metadata']);
    expect((await register(`Bearer ${key}`)).status).toBe(201);
  });

  test('is refused once the key has expired, with the same words as an unknown one', async () => {
    const unknown = (await register(`Bearer hfkey_${'A'.repeat(43)}`)).body;
    const key = await create({ lifetime_seconds: 60, uses: 5 });
    await TestInstance.registerByKey(cloud, key);
    moveClock(60);
    expect((await register(`Bearer ${key}`)).body).toEqual(unknown);
    expect((await listed()).keys).toMatchObject([{ state: 'expired' }]);
  });

  test('is refused once the key is revoked; what it has registered stays', async () => {
    const key = await create({ uses: 5 });
    const instance = await TestInstance.registerByKey(cloud, key);
    const [made] = (await listed()).keys;
    const revoke = async (account: TestAccount) =>
      (await account.post('/api/account/registration-keys/revoke', { id: made?.id })).status;
    const bob = await TestAccount.signUp(cloud, 'bob');
    expect(await revoke(bob)).toBe(404);
    expect([await revoke(ann), await revoke(ann)]).toEqual([200, 404]);
    expect((await register(`Bearer ${key}`)).status).toBe(401);
    expect((await listed()).keys).toMatchObject([{ state: 'revoked' }]);
    expect((await instance.requestToken()).status).toBe(200);
  });

  test('is refused once whoever made the key was disabled, also after the account is enabled again', async () => {
    const key = await create();
    const accounts = async (...args: string[]) =>
      run(['accounts', ...args, ann.email], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });
    await accounts('disable');
    expect((await register(`Bearer ${key}`)).status).toBe(401);
    await accounts('enable');
    expect((await register(`Bearer ${key}`)).status).toBe(401);
    const again = await TestAccount.signIn(cloud);
    expect((await listed(again)).keys).toMatchObject([{ state: 'revoked' }]);
    expect((await register(`Bearer ${await create({}, again)}`)).status).toBe(201);
  });

  test.each([
    ['demoted', ['set', 'ann@example.test', 'bob@example.test', 'admin']],
    ['removed', ['remove', 'ann@example.test', 'bob@example.test']],
  ])(
    'is refused once the owner who made the key was %s, also when they are one again',
    async (_how, change) => {
      const bob = await TestAccount.signUp(cloud, 'bob');
      const [workspace] = (await listed()).workspaces;
      await membersCommand('set', ann.email, bob.email, 'owner');
      const key = await create({ workspace: workspace?.id, label: 'His' }, bob);
      const [hers, own] = [await create({ label: 'Hers' }), await create({ label: 'Own' }, bob)];
      await membersCommand('set', ann.email, bob.email, 'owner');
      const states = async () =>
        Object.fromEntries((await listed()).keys.map(({ label, state }) => [label, state]));
      expect(await states()).toEqual({ His: 'working', Hers: 'working' });
      expect((await membersCommand(...change)).exitCode).toBe(0);
      expect((await register(`Bearer ${key}`)).status).toBe(401);
      await membersCommand('set', ann.email, bob.email, 'owner');
      expect((await register(`Bearer ${key}`)).status).toBe(401);
      expect(await states()).toEqual({ His: 'revoked', Hers: 'working' });
      // Of another owner, and of another workspace.
      for (const other of [hers, own]) expect((await register(`Bearer ${other}`)).status).toBe(201);
    },
  );

  test('works still when the last owner could not be demoted', async () => {
    const key = await create();
    expect((await membersCommand('set', ann.email, ann.email, 'admin')).exitCode).toBe(1);
    expect((await membersCommand('remove', ann.email, ann.email)).exitCode).toBe(1);
    expect((await register(`Bearer ${key}`)).status).toBe(201);
  });

  test('is refused with a key of an account that was deleted', async () => {
    const key = await create({ uses: 5 });
    expect((await ann.post('/api/account/deletion', { email: ann.email })).status).toBe(200);
    expect((await register(`Bearer ${key}`)).status).toBe(401);
    expect((await keysCommand('list')).output).toContain('There are no registration keys.');
  });

  test('does not count as one that nobody has claimed, and is not removed with those', async () => {
    const instance = await TestInstance.registerByKey(cloud, await create());
    moveClock(2 * day);
    await cloud.restart();
    expect((await instance.requestToken()).status).toBe(200);
  });

  test('is refused in a workspace that has 1,000 instances, which says so, until one is removed', async () => {
    const key = await create({ uses: 2 });
    const [workspace] = (await listed()).workspaces;
    const database = new DatabaseSync(cloud.file('cloud.db'));
    database
      .prepare(`insert into instances
        (client_id, client_metadata, client_secret_hash, registered_at, workspace_id, claimed_at)
        with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 999)
        select 'i' || n, '{}', 'hash', 0, ?, 0 from numbers`)
      .run(workspace?.id ?? '');
    database.close();
    const { clientId } = await TestInstance.registerByKey(cloud, key);
    const { status, body } = await register(`Bearer ${key}`);
    expect([status, body.error]).toEqual([400, 'temporarily_unavailable']);
    expect(body.error_description).toContain('has 1,000 instances, and can have no more by a key');
    expect(body.error_description).toContain('remove');
    await ann.post('/api/account/instances/remove', { client_id: clientId });
    expect((await register(`Bearer ${key}`)).status).toBe(201);
  });

  test('guesses are limited by address', async () => {
    const statuses = new Set<number>();
    for (let tries = 0; tries < 61; tries += 1) {
      statuses.add((await register(`Bearer hfkey_${'A'.repeat(43)}`)).status);
    }
    expect([...statuses]).toEqual([401, 429]);
  });
});

describe('row 6: a registration whose answer gets lost', () => {
  const attemptNamed = (letter: string) => ({ 'idempotency-key': `"${letter.repeat(43)}"` });
  const registerAs = async (key: string, letter: string) =>
    register(`Bearer ${key}`, instanceMetadata, attemptNamed(letter));

  test('is repeated without another use: the one whose answer nobody had gives way', async () => {
    const key = await create({ uses: 2 });
    await TestInstance.registerByKey(cloud, key);
    const lost = await registerAs(key, 'a');
    const repeated = await registerAs(key, 'a');
    expect([lost.status, repeated.status]).toEqual([201, 201]);
    expect(repeated.body.client_id).not.toBe(lost.body.client_id);
    expect((await listed()).keys).toMatchObject([{ state: 'used_up', uses: 2 }]);
    const owned = await ownedBy(ann);
    expect(owned).toHaveLength(2);
    expect(owned).toContainEqual(
      expect.objectContaining({ client_id: repeated.body.client_id, name: 'Build machines 2' }),
    );
    const credentials = async ({ client_id, client_secret }: AnswerBody) =>
      (
        await cloud.postForm(
          '/token',
          { grant_type: 'client_credentials' },
          { authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}` },
        )
      ).status;
    expect([await credentials(lost.body), await credentials(repeated.body)]).toEqual([401, 200]);
  });

  test('cannot be repeated by another who has the key, but not the name of the attempt', async () => {
    const key = await create();
    const { body } = await registerAs(key, 'a');
    expect((await registerAs(key, 'b')).status).toBe(401);
    expect((await register(`Bearer ${key}`)).status).toBe(401);
    expect(await ownedBy(ann)).toMatchObject([{ client_id: body.client_id }]);
  });

  test('cannot be repeated with another key', async () => {
    const [key, another] = [await create(), await create()];
    await registerAs(key, 'a');
    expect((await registerAs(another, 'a')).status).toBe(201);
    expect(await ownedBy(ann)).toHaveLength(2);
    expect((await registerAs(`hfkey_${'A'.repeat(43)}`, 'a')).status).toBe(401);
  });

  test('cannot be repeated once the instance runs', async () => {
    const key = await create();
    const instance = await TestInstance.register(cloud, instanceMetadata, {
      ...{ authorization: `Bearer ${key}` },
      ...attemptNamed('a'),
    });
    await instance.token();
    expect((await registerAs(key, 'a')).status).toBe(401);
    expect((await instance.requestToken()).status).toBe(200);
    expect(await ownedBy(ann)).toMatchObject([{ client_id: instance.clientId }]);
  });

  test('cannot be repeated after an hour: that is another use', async () => {
    const [once, twice] = [await create(), await create({ uses: 2 })];
    for (const key of [once, twice]) await registerAs(key, 'a');
    moveClock(3_600);
    expect((await registerAs(once, 'a')).status).toBe(401);
    expect((await registerAs(twice, 'a')).status).toBe(201);
    expect((await ownedBy(await TestAccount.signIn(cloud))).length).toBe(3);
  });

  test('cannot be repeated once the key is revoked or its instance was removed', async () => {
    const [revoked, removed] = [await create({ label: 'Revoked' }), await create({ label: 'Removed' })];
    await registerAs(revoked, 'a');
    const { body } = await registerAs(removed, 'a');
    const made = (await listed()).keys.find(({ label }) => label === 'Revoked');
    await ann.post('/api/account/registration-keys/revoke', { id: made?.id });
    await ann.post('/api/account/instances/remove', { client_id: body.client_id });
    for (const key of [revoked, removed]) expect((await registerAs(key, 'a')).status).toBe(401);
  });

  test.each(['"short"', 'a'.repeat(43), `"${'a'.repeat(44)}"`, ''])(
    'has no name that could be guessed: %s',
    async (name) => {
      const key = await create();
      const { status, body } = await register(`Bearer ${key}`, instanceMetadata, { 'idempotency-key': name });
      expect([status, body.error]).toEqual([400, 'invalid_request']);
      expect((await register(`Bearer ${key}`)).status).toBe(201);
    },
  );
});

describe('making a key', () => {
  test('takes a confirmation that is not old', async () => {
    await create();
    moveClock(5 * 60);
    expect(await request()).toMatchObject({ status: 403, body: { error: 'confirmation_required' } });
    expect((await ann.post('/api/account/confirmation', { password })).status).toBe(200);
    expect((await request()).status).toBe(200);
  });

  test.each([
    ['no label', { label: ' ' }, 'invalid_label'],
    ['a label that hides something', { label: 'a\u202eb' }, 'invalid_label'],
    ['a label that is too long', { label: 'x'.repeat(57) }, 'invalid_label'],
    ['no uses', { uses: 0 }, 'invalid_request'],
    ['too many uses', { uses: 1_001 }, 'invalid_request'],
    ['half a use', { uses: 0.5 }, 'invalid_request'],
    ['no time', { lifetime_seconds: 59 }, 'invalid_request'],
    ['more than a year', { lifetime_seconds: 366 * day }, 'invalid_request'],
    ['no workspace', { workspace: null }, 'invalid_request'],
  ])('%s is refused', async (_what, members, error) => {
    expect(await request(members)).toMatchObject({ status: 400, body: { error } });
  });

  test('is for owners of the workspace, who also see and revoke each other’s', async () => {
    const bob = await TestAccount.signUp(cloud, 'bob');
    const [workspace] = (await listed()).workspaces;
    const ofAnn = { workspace: workspace?.id };
    await membersCommand('set', ann.email, bob.email, 'admin');
    expect(await request(ofAnn, bob)).toMatchObject({ status: 403, body: { error: 'not_an_owner' } });
    await create();
    expect((await listed(bob)).keys).toEqual([]);
    await membersCommand('set', ann.email, bob.email, 'owner');
    const key = await create(ofAnn, bob);
    expect((await listed(bob)).workspaces.map(({ name }) => name)).toEqual([
      'bob’s workspace',
      'ann’s workspace',
    ]);
    expect((await listed(bob)).keys).toMatchObject([{ made_by: bob.email }, { made_by: ann.email }]);
    await TestInstance.registerByKey(cloud, key);
    expect(await ownedBy(ann)).toHaveLength(1);
  });

  test('is limited in number; keys that are over do not count, and old ones are forgotten', async () => {
    for (let index = 0; index < maximumWorkingKeys; index += 1) await create({ label: `Key ${index}` });
    expect(await request()).toMatchObject({ status: 409, body: { error: 'too_many_keys' } });
    const { keys } = await listed();
    await ann.post('/api/account/registration-keys/revoke', { id: keys[0]?.id });
    await create({ lifetime_seconds: 60 });
    moveClock(40 * day);
    const again = await TestAccount.signIn(cloud);
    for (let index = 0; index < 3; index += 1) await create({}, again);
    const left = (await listed(again)).keys;
    expect(left.filter(({ state }) => state === 'working')).toHaveLength(3);
    expect(left).toHaveLength(3 + 50);
    expect(left.map(({ label }) => label)).not.toContain('Key 0');
  });

  test('needs a session and the cloud’s own page', async () => {
    expect((await cloud.get('/api/account/registration-keys')).status).toBe(401);
    const foreign = await ann.post(
      '/api/account/registration-keys/create',
      {},
      { origin: 'https://evil.test' },
    );
    expect(foreign.status).toBe(403);
  });
});

describe('holdfast-cloud registration-keys', () => {
  test('makes a key on stdout alone, lists it without it, and revokes it', async () => {
    const made = await keysCommand('create', ann.email, '--label', 'CI', '--expires-in', '2h', '--uses', '3');
    expect(made.exitCode).toBe(0);
    expect(made.output).toMatch(/^hfkey_[\w-]{43}\n$/);
    expect(made.errors).toContain('Good for 3 instances, for 2h. It is not shown again.');
    expect(made.errors).toContain('Nobody has confirmed the email address of the owner ann@example.test');
    const key = made.output.trim();
    const instance = await TestInstance.registerByKey(cloud, key);
    expect(await ownedBy(ann)).toMatchObject([{ client_id: instance.clientId, name: 'CI 1' }]);

    const [line = ''] = (await keysCommand('list', ann.email)).output.split('\n');
    const [id = '', workspace, ...facts] = line.split('\t');
    expect(workspace).toBe((await listed()).workspaces[0]?.id);
    expect(facts).toEqual([
      'CI',
      'works',
      '1 of 3 used',
      expect.stringContaining('until 20'),
      'made by the operator',
    ]);
    expect(line).not.toContain(key);
    expect((await keysCommand('revoke', id)).output).toContain('Revoked');
    expect((await register(`Bearer ${key}`)).status).toBe(401);
    const again = await keysCommand('revoke', id);
    expect([again.exitCode, again.errors]).toEqual([
      1,
      expect.stringContaining('No key that could be revoked'),
    ]);
  });

  test('a key of the operator ends with the last owner of its workspace', async () => {
    const { output } = await keysCommand('create', ann.email, '--uses', '2');
    expect((await register(`Bearer ${output.trim()}`)).status).toBe(201);
    await run(['accounts', 'disable', ann.email], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });
    expect((await register(`Bearer ${output.trim()}`)).status).toBe(401);
  });

  test('refuses what makes no key, and does not repeat it', async () => {
    const refusals: [option: string, value: string, words: string][] = [
      ['--uses', '0', 'whole number from 1 to 1000'],
      ['--uses', 'hfkey_x', 'whole number from 1 to 1000'],
      ['--expires-in', '30', 'for example 30d'],
      ['--expires-in', '366d', 'from 1m to 365d'],
      ['--label', '\u200b', '1 to 56 characters'],
    ];
    for (const [option, value, words] of refusals) {
      const refused = await keysCommand('create', ann.email, option, value);
      expect([refused.exitCode, refused.output]).toEqual([1, '']);
      expect(refused.errors).toContain(words);
      if (value.startsWith('hfkey')) expect(refused.errors).not.toContain(value);
    }
  });

  test('row 6: a key in any wrong place of a command is not repeated', async () => {
    const key = await create();
    const places = [
      ['registration-keys', 'create', key],
      ['registration-keys', 'list', key],
      ['registration-keys', 'list', ann.email, key],
      ['registration-keys', key],
      ['members', 'set', ann.email, ann.email, key],
      ['accounts', 'disable', key],
      ['serve', '--issuer', key],
      [key],
    ];
    const refusals = await Promise.all(
      places.map(async (args) => run(args, { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath })),
    );
    for (const [index, { exitCode, output, errors }] of refusals.entries()) {
      const place = places[index]?.join(' ').replace(key, 'KEY');
      expect(exitCode, place).toBe(1);
      expect(errors, place).not.toBe('');
      expect((output + errors).toLowerCase(), place).not.toContain(key.slice(6).toLowerCase());
    }
    for (const index of [0, 1])
      expect(refusals[index]?.errors).toContain(
        'No workspace here has the ID "hfkey_…". See holdfast-cloud members',
      );
  });

  test('a key in the place of its ID is not repeated', async () => {
    const key = await create();
    const refused = await keysCommand('revoke', key);
    expect([refused.exitCode, refused.output]).toEqual([1, '']);
    expect(refused.errors).toContain('Name a key by its ID');
    expect(refused.errors).not.toContain(key.slice(6));
  });
});

test('row 6: a key lies neither on the disk nor in the log, whatever becomes of it, nor the name of an attempt', async () => {
  const [used, unused] = [await create(), await create()];
  const attempt = `${'Attempt'.repeat(6)}x`;
  await register(`Bearer ${used}`, instanceMetadata, { 'idempotency-key': `"${attempt}"` });
  await register(`Bearer ${used}`);
  await register(`Bearer ${unused}x`);
  await register(`bearer  ${unused}`);
  await cloud.post(`/reg?access_token=${unused}`, instanceMetadata);
  await cloud.post('/reg', { [unused]: 1, client_name: unused });
  await cloud.get(`/registration-keys?${unused}`);
  await cloud.get(`/api/account/registration-keys/${unused}`);
  await ann.post('/api/account/registration-keys/revoke', { id: unused });
  const whileUp = await cloud.everythingOnDisk();
  await cloud.down();
  const log = cloud.logLines.join('');
  expect(log).toContain('an instance was registered with a registration key');
  expect(log).toContain('"error":"invalid_token"');
  for (const secret of [...[used, unused].map((key) => key.slice('hfkey_'.length)), attempt]) {
    expect(log.includes(secret), 'in the log').toBe(false);
    for (const files of [whileUp, await cloud.everythingOnDisk()]) {
      for (const [name, content] of files) expect(content.includes(secret), `in ${name}`).toBe(false);
    }
  }
});
