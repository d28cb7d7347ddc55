import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import {
  inUseMilliseconds,
  isKnownOrigin,
  mostOriginsOfAccount,
  mostOriginsOfInstance,
  originsOfInstances,
  storeOrigin,
} from './origin-records.ts';

let store: Awaited<ReturnType<typeof testDatabase>>;
let now: number;

beforeEach(async () => {
  store = await testDatabase();
  now = 1_800_000_000_000;
  for (const clientId of ['i', 'other'])
    await sql`insert into instances (client_id, client_metadata, client_secret_hash, registered_at)
      values (${clientId}, '{}', '', 1)`.execute(store.database);
});

afterEach(async () => store[Symbol.asyncDispose]());

const originOf = (name: string | number) => `https://${name}.example.test`;

/** A sign-in, a second after the one before. */
async function signInFrom(name: string | number, accountId = 'ann', clientId = 'i'): Promise<void> {
  now += 1_000;
  await store.database
    .transaction()
    .execute(async (transaction) =>
      storeOrigin(transaction, { clientId, accountId, origin: originOf(name), usedAt: now }),
    );
}

async function isKnown(name: string | number, accountId = 'ann', clientId = 'i'): Promise<boolean> {
  return isKnownOrigin(store.database, { clientId, accountId, workspaceId: null, origin: originOf(name) });
}

async function count(): Promise<number> {
  return (await store.database.selectFrom('instance_origins').select('origin').execute()).length;
}

test('row 10: an account has the 20 origins at an instance that it signed in from last', async () => {
  await signInFrom('kept');
  await signInFrom('oldest');
  await signInFrom('oldest', 'ann', 'other');
  for (let index = 3; index <= mostOriginsOfAccount; index += 1) await signInFrom(index);
  await signInFrom('kept');
  await signInFrom('oldest', 'bob');
  expect(await isKnown('oldest')).toBe(true);
  await signInFrom('one more');
  // Bob has signed in from there since Ann signed in from the next one.
  expect(await isKnown('oldest')).toBe(true);
  expect(await isKnown(3)).toBe(false);
  await signInFrom('and another');
  expect(await isKnown('oldest')).toBe(true);
  for (let index = 0; index < 40; index += 1) await signInFrom(`flood ${index}`);
  expect([await isKnown('oldest'), await isKnown('flood 39'), await isKnown('flood 19')]).toEqual([
    false,
    true,
    false,
  ]);
  expect(await count()).toBe(mostOriginsOfAccount + 2);
  expect([await isKnown('oldest', 'bob'), await isKnown('oldest', 'ann', 'other')]).toEqual([true, true]);
});

test('row 10: many accounts at one instance push out what nobody has used for 30 days, and nothing else', async () => {
  await signInFrom('first', 'owner');
  await signInFrom('second', 'owner');
  const accounts = (mostOriginsOfInstance - 2) / mostOriginsOfAccount;
  for (let account = 0; account < accounts; account += 1)
    for (let index = 0; index < mostOriginsOfAccount && (await count()) < mostOriginsOfInstance; index += 1)
      await signInFrom(`${account}-${index}`, `account ${account}`);
  expect(await count()).toBe(mostOriginsOfInstance);

  await signInFrom('flood', 'late');
  expect([await isKnown('flood', 'late'), await isKnown('first', 'owner')]).toEqual([false, true]);
  now += inUseMilliseconds - mostOriginsOfInstance * 1_000;
  await signInFrom('first', 'owner');
  now += mostOriginsOfInstance * 1_000;
  await signInFrom('flood', 'late');
  expect([await isKnown('flood', 'late'), await isKnown('second', 'owner')]).toEqual([true, false]);
  expect([await isKnown('first', 'owner'), await isKnown('0-0', 'account 0')]).toEqual([true, true]);
  expect(await count()).toBe(mostOriginsOfInstance);
});

test('the list of instances has the latest origins of the account and of owners, of its workspaces only', async () => {
  await sql`insert into workspaces (id, name, created_at, personal_account_id)
    values ('w', 'Lab', 1, null), ('x', 'Other', 1, null)`.execute(store.database);
  await sql`insert into workspace_members (workspace_id, account_id, role, joined_at)
    values ('w', 'ann', 'owner', 1), ('w', 'bob', 'member', 1), ('w', 'cid', 'member', 1), ('x', 'dan', 'owner', 1)`.execute(
    store.database,
  );
  await sql`update instances set workspace_id = iif(client_id = 'i', 'w', 'x')`.execute(store.database);
  for (const name of ['oldest', 'both', 'older', 'new']) await signInFrom(name, 'ann');
  await signInFrom('of-cid', 'cid');
  await signInFrom('both', 'bob');
  await signInFrom('elsewhere', 'bob', 'other');
  const seen = async (accountId: string) =>
    [...(await originsOfInstances(store.database, accountId))].map(([clientId, used]) => [
      clientId,
      ...used.map(({ origin }) => origin),
    ]);
  expect(await seen('ann')).toEqual([['i', ...['new', 'older', 'both'].map(originOf)]]);
  expect(await seen('bob')).toEqual([['i', ...['both', 'new', 'older'].map(originOf)]]);
  expect(await seen('cid')).toEqual([['i', ...['of-cid', 'new', 'older'].map(originOf)]]);
  expect(await seen('dan')).toEqual([]);
  const [latest] = (await originsOfInstances(store.database, 'bob')).get('i') ?? [];
  expect(latest).toEqual({ origin: originOf('both'), usedAt: now - 1_000 });
});
