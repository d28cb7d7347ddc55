import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { moveClock } from '../../test/test-cloud.ts';
import { testDatabase } from '../../test/test-database.ts';
import { networksOf } from '../http/client-address.ts';
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

async function registerAs(clientId: string, address: string | null = '192.0.2.1'): Promise<boolean> {
  return register(store.database, resources, {
    client_id: clientId,
    client_metadata: '{}',
    client_secret_hash: 'hash',
    registered_at: Date.now(),
    networks: address === null ? null : networksOf(address),
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
    JSON.stringify(['*', `a1 ${maximumFreedPerAccount}`]),
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
  // A thousand networks.
  await sql`insert into instances (client_id, client_metadata, client_secret_hash, registered_at, registered_from)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${maximumInAll - 1})
    select 'flood ' || n, '{}', 'hash', ${Date.now()}, json_array('*', 'network ' || (n % 1000)) from numbers`.execute(
    store.database,
  );
  moveClock(1);
  for (const newcomer of ['first', 'second', 'third'])
    expect(await registerAs(newcomer, '198.51.100.7')).toBe(true);
  const left = await registered();
  expect(left).toEqual(expect.arrayContaining(['early', 'first', 'second', 'third']));
  expect(left).toHaveLength(maximumInAll);
});

test('row 7: whoever spreads over a /48 has their own give way, not those of a network with a few, even if they are newer', {
  timeout: 60_000,
}, async () => {
  await sql`insert into instances (client_id, client_metadata, client_secret_hash, registered_at, registered_from)
    with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < ${maximumInAll - 5})
    select 'flood ' || n, '{}', 'hash', ${Date.now() - 1_000},
      json_array('*', '2001:db8::/32', '2001:db8:' || (n % 2) || '::/48', printf('2001:db8:%d:%x00::/56', n % 2, (n / 512) % 256),
        printf('2001:db8:%d:%x::/64', n % 2, n / 2)) from numbers`.execute(store.database);
  const office = ['office 1', 'office 2', 'office 3'];
  for (const clientId of office) expect(await registerAs(clientId, '192.0.2.1')).toBe(true);
  expect(await registerAs('home', '2001:db8:3::1')).toBe(true);
  for (let index = 0; index < 600; index += 1) {
    const address = `2001:db8:1:${(0xf000 + index).toString(16)}::1`;
    expect(await registerAs(`more ${index}`, address)).toBe(true);
  }
  expect(await registered()).toEqual(expect.arrayContaining([...office, 'home']));
});

test.each([
  ['/32', "'2001:db8::/32', printf('2001:db8:%x::/48', n / 2), printf('2001:db8:%x:0::/56', n / 2)"],
  ['/16', "'192.0.0.0/16', printf('192.0.%d.0/20', n / 6400 * 16), printf('192.0.%d.0/24', n / 400)"],
])(
  'row 7: whoever spreads over a %s has their own give way, too',
  { timeout: 60_000 },
  async (_width, path) => {
    await sql`insert into instances (client_id, client_metadata, client_secret_hash, registered_at, registered_from)
    with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < ${maximumInAll - 4})
    select 'flood ' || n, '{}', 'hash', ${Date.now() - 1_000}, json_array('*', ${sql.raw(path)}, 'narrow ' || (n / 2))
    from numbers`.execute(store.database);
    const office = ['office 1', 'office 2', 'office 3'];
    for (const clientId of office) expect(await registerAs(clientId, '198.51.100.1')).toBe(true);
    for (let index = 0; index < 20; index += 1)
      expect(await registerAs(`new ${index}`, `203.${index}.113.1`)).toBe(true);
    expect(await registered()).toEqual(expect.arrayContaining(office));
  },
);

test('row 7: a place is counted in every network around it, until the instance is claimed, freed or gone', async () => {
  const counted = async () =>
    (await store.database.selectFrom('unclaimed_places').selectAll().orderBy('network').execute()).map(
      ({ network, within, places }) => [network, within, places],
    );
  await registerAs('nowhere', null);
  expect(await counted()).toEqual([]);
  for (const [index, address] of ['1:2f3', '1:2f4', '1:3f3', '2:1'].entries())
    await registerAs(`i${index}`, `2001:db8:${address}::1`);
  expect(await counted()).toEqual([
    ['*', null, 4],
    ['2001:db8:1:200::/56', '2001:db8:1::/48', 2],
    ['2001:db8:1:2f3::/64', '2001:db8:1:200::/56', 1],
    ['2001:db8:1:2f4::/64', '2001:db8:1:200::/56', 1],
    ['2001:db8:1:300::/56', '2001:db8:1::/48', 1],
    ['2001:db8:1:3f3::/64', '2001:db8:1:300::/56', 1],
    ['2001:db8:1::/48', '2001:db8::/32', 3],
    ['2001:db8:2:0::/56', '2001:db8:2::/48', 1],
    ['2001:db8:2:1::/64', '2001:db8:2:0::/56', 1],
    ['2001:db8:2::/48', '2001:db8::/32', 1],
    ['2001:db8::/32', '*', 4],
  ]);
  await claim('i0');
  await freePlace(store.database, { clientId: 'i2', accountId: 'account-1' });
  await store.database.deleteFrom('instances').where('client_id', '=', 'i3').execute();
  const left = [
    ['*', null, 1],
    ['2001:db8:1:200::/56', '2001:db8:1::/48', 1],
    ['2001:db8:1:2f4::/64', '2001:db8:1:200::/56', 1],
    ['2001:db8:1::/48', '2001:db8::/32', 1],
    ['2001:db8::/32', '*', 1],
  ];
  expect(await counted()).toEqual(left);
  await store.database.deleteFrom('instances').where('client_id', '<>', 'i1').execute();
  expect(await counted()).toEqual(left);
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
