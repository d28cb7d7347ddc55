import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { moveClock } from '../../test/test-cloud.ts';
import { testDatabase } from '../../test/test-database.ts';
import { expiredRetentionSeconds, OAuthRecordAdapter, sweepExpired } from '../provider/adapter.ts';
import { InstanceResources } from '../provider/resource-server.ts';
import { Workspaces } from '../workspaces/workspaces.ts';
import {
  freePlace,
  maximumFreedPerAccount,
  maximumInAll,
  maximumPerNetwork,
  register,
  removeAbandoned,
} from './unclaimed.ts';

const resources = new InstanceResources('https://cloud.example.com');
const day = 86_400;

let store: Awaited<ReturnType<typeof testDatabase>>;

beforeEach(async () => {
  moveClock(0);
  store = await testDatabase();
});

afterEach(async () => {
  vi.useRealTimers();
  await store[Symbol.asyncDispose]();
});

async function registerAs(clientId: string, network: string | null = '192.0.2.1'): Promise<boolean> {
  return register(store.database, resources, {
    client_id: clientId,
    client_metadata: '{}',
    client_secret_hash: 'hash',
    registered_at: Date.now(),
    registered_from: network,
  });
}

async function claim(clientId: string): Promise<void> {
  const ann = { id: 'account-1', email: 'ann@example.test', name: 'Ann' };
  const { id } = await new Workspaces(store.database).personalWorkspaceOf(ann);
  await store.database
    .updateTable('instances')
    .set({ workspace_id: id })
    .where('client_id', '=', clientId)
    .execute();
}

const registered = async () =>
  (await store.database.selectFrom('instances').select('client_id').orderBy('client_id').execute()).map(
    ({ client_id }) => client_id,
  );

test('row 7: a network has a hundred unclaimed instances, not more; claimed ones do not count', async () => {
  for (let index = 0; index < maximumPerNetwork; index += 1) expect(await registerAs(`i${index}`)).toBe(true);
  expect(await registerAs('one more')).toBe(false);
  expect(await registerAs('elsewhere', '198.51.100.7')).toBe(true);
  await claim('i0');
  expect(await registerAs('one more')).toBe(true);
  expect(await registerAs('and another')).toBe(false);
});

test('row 7: one that somebody has signed in to takes no place', async () => {
  for (let index = 0; index < maximumPerNetwork; index += 1) await registerAs(`i${index}`);
  await freePlace(store.database, { clientId: 'i7', accountId: 'account-1' });
  expect(await registerAs('one more')).toBe(true);
  expect(await registerAs('and another')).toBe(false);
  expect(await registered()).toContain('i7');
});

/** An account signs in to instances, each from a network of its own. Returns where each still takes a place. */
async function signInToMany(accountId: string, count: number): Promise<(string | null)[]> {
  const { id } = await new Workspaces(store.database).personalWorkspaceOf({
    id: accountId,
    email: '',
    name: '',
  });
  const places: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    const clientId = `${accountId} ${index}`;
    await registerAs(clientId, clientId);
    await store.database
      .insertInto('instance_approvals')
      .values({
        client_id: clientId,
        workspace_id: id,
        account_id: accountId,
        instance_name: null,
        approved_at: 0,
      })
      .execute();
    await freePlace(store.database, { clientId, accountId });
    const { registered_from } = await store.database
      .selectFrom('instances')
      .select('registered_from')
      .where('client_id', '=', clientId)
      .executeTakeFirstOrThrow();
    places.push(registered_from);
  }
  return places;
}

test('row 7: an account frees the places of a hundred unclaimed instances, not more; claimed ones do not count', async () => {
  const freed = Array<null>(maximumFreedPerAccount).fill(null);
  expect(await signInToMany('a1', maximumFreedPerAccount + 1)).toEqual([
    ...freed,
    `a1 ${maximumFreedPerAccount}`,
  ]);
  expect(await signInToMany('a2', 1)).toEqual([null]);
  const last = { clientId: `a1 ${maximumFreedPerAccount}`, accountId: 'a1' };
  expect((await freePlace(store.database, last)).numAffectedRows).toBe(0n);
  await claim('a1 0');
  expect((await freePlace(store.database, last)).numAffectedRows).toBe(1n);
});

test('row 7: whoever keeps a hundred instances running keeps others of the network out for a day at most', async () => {
  const tokens = new OAuthRecordAdapter('ClientCredentials', store.database);
  for (let index = 0; index < maximumPerNetwork; index += 1) {
    await registerAs(`i${index}`);
    moveClock(1);
  }
  moveClock(day - maximumPerNetwork);
  for (let index = 0; index < maximumPerNetwork; index += 1)
    await tokens.upsert(`token ${index}`, { clientId: `i${index}` }, 600);
  expect(await registerAs('one more')).toBe(false);
  moveClock(1);
  expect(await removeAbandoned(store.database, resources)).toBe(0);
  expect(await registerAs('one more')).toBe(true);
  expect(await registerAs('and another')).toBe(false);
  const left = await registered();
  expect(left).toHaveLength(maximumPerNetwork);
  expect(left).not.toContain('i0');
  expect(await tokens.find('token 0')).toBeUndefined();
});

test('row 7: where all places are taken, those give way who have the most, not a newcomer', {
  timeout: 60_000,
}, async () => {
  expect(await registerAs('early', '192.0.2.1')).toBe(true);
  moveClock(1);
  // A thousand networks, such as a part of one IPv6 /48 that an attacker has.
  await sql`insert into instances (client_id, client_metadata, client_secret_hash, registered_at, registered_from)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${maximumInAll - 1})
    select 'flood ' || n, '{}', 'hash', ${Date.now()}, 'network ' || (n % 1000) from numbers`.execute(
    store.database,
  );
  moveClock(1);
  for (const newcomer of ['first', 'second', 'third'])
    expect(await registerAs(newcomer, '198.51.100.7')).toBe(true);
  const left = await registered();
  expect(left).toEqual(expect.arrayContaining(['early', 'first', 'second', 'third']));
  expect(left).toHaveLength(maximumInAll - 500 + 3);
});

test.each([60, 600, day])(
  'row 7: what nobody claims within a day is removed, with its tokens, unless it runs (tokens of %d s) or was signed in to',
  async (tokenSeconds) => {
    const tokens = new OAuthRecordAdapter('ClientCredentials', store.database);
    const management = new OAuthRecordAdapter('RegistrationAccessToken', store.database);
    for (const clientId of ['abandoned', 'claimed', 'running', 'signed in to']) {
      await registerAs(clientId);
      await management.upsert(`management of ${clientId}`, { clientId });
    }
    await claim('claimed');
    const { id } = await store.database.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
    const approval = { account_id: 'account-1', instance_name: null, approved_at: Date.now() };
    await store.database
      .insertInto('instance_approvals')
      .values({ client_id: 'signed in to', workspace_id: id, ...approval })
      .execute();
    moveClock(day - tokenSeconds);
    await tokens.upsert('token', { clientId: 'running' }, tokenSeconds);
    moveClock(tokenSeconds);
    expect(await removeAbandoned(store.database, resources)).toBe(0);
    moveClock(1);
    expect(await removeAbandoned(store.database, resources)).toBe(1);
    expect(await registered()).toEqual(['claimed', 'running', 'signed in to']);
    expect(await management.find('management of abandoned')).toBeUndefined();
    expect(await management.find('management of claimed')).toBeDefined();

    moveClock(expiredRetentionSeconds - 1);
    await sweepExpired(store.database);
    expect(await removeAbandoned(store.database, resources)).toBe(0);
    moveClock(1);
    await sweepExpired(store.database);
    expect(await removeAbandoned(store.database, resources)).toBe(1);
    expect(await registered()).toEqual(['claimed', 'signed in to']);
  },
);

test('row 7: a flood is removed in batches', async () => {
  for (let index = 0; index < 1_100; index += 1) await registerAs(`i${index}`, null);
  moveClock(day + 1);
  const removed: number[] = [];
  for (let sweep = 0; sweep < 4; sweep += 1) removed.push(await removeAbandoned(store.database, resources));
  expect(removed).toEqual([500, 500, 100, 0]);
  expect(await registered()).toEqual([]);
});
