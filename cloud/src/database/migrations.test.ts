import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import { type Database, openDatabase } from './database.ts';
import { migrations } from './migrations.ts';

test('members of a database without roles are owners; nobody becomes one by an oversight', async () => {
  await using store = await testDatabase();
  const member = (workspace: string) =>
    sql`insert into workspace_members (workspace_id, account_id, joined_at) values (${workspace}, 'ann', 1)`;
  await returnToFirstTables(store.database);
  for (const id of ['before', 'after'])
    await sql`insert into workspaces (id, name, created_at) values (${id}, '', 1)`.execute(store.database);
  await member('before').execute(store.database);

  const database = await openDatabase(store.path);
  try {
    await member('after').execute(database);
    const rows = await database.selectFrom('workspace_members').select(['workspace_id', 'role']).execute();
    expect(Object.fromEntries(rows.map((row) => [row.workspace_id, row.role]))).toEqual({
      before: 'owner',
      after: 'viewer',
    });
    await expect(sql`update workspace_members set role = 'root'`.execute(database)).rejects.toThrow('CHECK');
  } finally {
    await database.destroy();
  }
});

test('instances that somebody had signed in to take no place among those that nobody has', async () => {
  await using store = await testDatabase();
  await dropUnclaimedPlaces(store.database);
  for (const id of ['signed in to', 'new']) {
    await insertInstance(store.database, id, '192.0.2.1');
  }
  await sql`insert into workspaces (id, name, created_at) values ('w', '', 1)`.execute(store.database);
  await sql`insert into instance_approvals (client_id, workspace_id, account_id, approved_at)
    values ('signed in to', 'w', 'ann', 1)`.execute(store.database);
  await sql`drop table registration_keys`.execute(store.database);
  await sql`delete from cloud_migrations where name >= '2026-12-unclaimed-places'`.execute(store.database);

  const database = await openDatabase(store.path);
  try {
    const rows = await database.selectFrom('instances').select(['client_id', 'registered_from']).execute();
    expect(Object.fromEntries(rows.map((row) => [row.client_id, row.registered_from]))).toEqual({
      'signed in to': null,
      new: '["*","192.0.0.0/16","192.0.0.0/20","192.0.2.0/24","192.0.2.1"]',
    });
  } finally {
    await database.destroy();
  }
});

test('instances that nobody has signed in to are counted by all networks that they lie in', async () => {
  await using store = await testDatabase();
  await dropUnclaimedPlaces(store.database);
  await insertInstance(store.database, 'v4', '192.0.2.1');
  for (const id of ['v6', 'also v6']) await insertInstance(store.database, id, '2001:db8:1:2f3::/64');
  await insertInstance(store.database, 'freed', null);
  await sql`delete from cloud_migrations where name >= '2027-01-unclaimed-networks'`.execute(store.database);

  const database = await openDatabase(store.path);
  try {
    const rows = await database
      .selectFrom('unclaimed_places')
      .selectAll()
      .orderBy('places', 'desc')
      .orderBy('network')
      .execute();
    expect(rows.map(({ network, within, places }) => [network, within, places])).toEqual([
      ['*', null, 3],
      ['2001:db8:1:200::/56', '2001:db8:1::/48', 2],
      ['2001:db8:1:2f3::/64', '2001:db8:1:200::/56', 2],
      ['2001:db8:1::/48', '2001:db8::/32', 2],
      ['2001:db8::/32', '*', 2],
      ['192.0.0.0/16', '*', 1],
      ['192.0.0.0/20', '192.0.0.0/16', 1],
      ['192.0.2.0/24', '192.0.0.0/20', 1],
      ['192.0.2.1', '192.0.2.0/24', 1],
    ]);
  } finally {
    await database.destroy();
  }
});

test('instances that were counted by the networks of before are counted by wider ones', async () => {
  await using store = await testDatabase();
  await insertInstance(store.database, 'v4', '["*","192.0.2.1"]');
  for (const [id, network] of [
    ['v6', '1'],
    ['also v6', '2'],
  ] as const)
    await insertInstance(
      store.database,
      id,
      `["*","2001:db8:1::/48","2001:db8:1:0::/56","2001:db8:1:${network}::/64"]`,
    );
  await sql`delete from cloud_migrations where name >= '2027-02-wider-networks'`.execute(store.database);

  const database = await openDatabase(store.path);
  try {
    const rows = await database.selectFrom('unclaimed_places').selectAll().orderBy('network').execute();
    expect(rows.map(({ network, within, places }) => [network, within, places])).toEqual([
      ['*', null, 3],
      ['192.0.0.0/16', '*', 1],
      ['192.0.0.0/20', '192.0.0.0/16', 1],
      ['192.0.2.0/24', '192.0.0.0/20', 1],
      ['192.0.2.1', '192.0.2.0/24', 1],
      ['2001:db8:1:0::/56', '2001:db8:1::/48', 2],
      ['2001:db8:1:1::/64', '2001:db8:1:0::/56', 1],
      ['2001:db8:1:2::/64', '2001:db8:1:0::/56', 1],
      ['2001:db8:1::/48', '2001:db8::/32', 2],
      ['2001:db8::/32', '*', 2],
    ]);
  } finally {
    await database.destroy();
  }
});

test('what is stored names the instance that it goes with', async () => {
  await using store = await testDatabase();
  const resource = 'https://cloud.example.com/instances/i';
  const stored: [kind: string, payload: object][] = [
    ['RegistrationAccessToken', { clientId: 'i' }],
    ['ClientCredentials', { clientId: 'i' }],
    ['DeviceCode', { clientId: 'holdfast-web', params: { resource } }],
    ['RefreshToken', { clientId: 'holdfast-web', resource }],
    ['Grant', { clientId: 'holdfast-web', resources: { [resource]: 'instance' } }],
    ['ReplayDetection', {}],
  ];
  for (const [kind, payload] of stored)
    await sql`insert into oauth_records (kind, id_hash, payload)
      values (${kind}, 'hash', ${JSON.stringify(payload)})`.execute(store.database);
  await dropInstancesOfRecords(store.database);
  await sql`delete from cloud_migrations where name >= '2027-02-instances-of-records'`.execute(
    store.database,
  );

  const database = await openDatabase(store.path);
  try {
    const rows = await database.selectFrom('oauth_records').select(['kind', 'instance']).execute();
    expect(Object.fromEntries(rows.map(({ kind, instance }) => [kind, instance]))).toEqual({
      RegistrationAccessToken: 'i',
      ClientCredentials: 'i',
      DeviceCode: resource,
      RefreshToken: resource,
      Grant: resource,
      ReplayDetection: null,
    });
  } finally {
    await database.destroy();
  }
});

test('of the origins of an account at an instance, the latest 20 are kept', async () => {
  await using store = await testDatabase();
  for (const id of ['i', 'other']) await insertInstance(store.database, id, null);
  const insert = (client: string, account: string, count: number) =>
    sql`insert into instance_origins (client_id, account_id, origin, approved_at)
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count})
      select ${client}, ${account}, 'https://' || n || '.test', n from numbers`;
  await insert('i', 'ann', 25).execute(store.database);
  await insert('i', 'bob', 20).execute(store.database);
  await insert('other', 'ann', 21).execute(store.database);
  await dropOriginLimits(store.database);
  await sql`delete from cloud_migrations where name >= '2027-02-origin-limits'`.execute(store.database);

  const database = await openDatabase(store.path);
  try {
    const { rows } = await sql<{ client_id: string; account_id: string; count: number; oldest: number }>`
      select client_id, account_id, count(*) as count, min(approved_at) as oldest from instance_origins
      group by client_id, account_id order by client_id, account_id`.execute(database);
    expect(rows.map((row) => Object.values(row))).toEqual([
      ['i', 'ann', 20, 6],
      ['i', 'bob', 20, 1],
      ['other', 'ann', 20, 2],
    ]);
  } finally {
    await database.destroy();
  }
});

async function insertInstance(database: Database, id: string, registeredFrom: string | null): Promise<void> {
  await sql`insert into instances (client_id, client_metadata, client_secret_hash, registered_at, registered_from)
    values (${id}, '{}', '', 1, ${registeredFrom})`.execute(database);
}

/** Undoes the migration that counts unclaimed instances, and those after it. */
async function dropUnclaimedPlaces(database: Database): Promise<void> {
  await dropInstancesOfRecords(database);
  for (const event of ['inserted', 'deleted', 'updated'])
    await sql`drop trigger ${sql.ref(`instances_${event}`)}`.execute(database);
  await sql`drop table unclaimed_places`.execute(database);
}

/** Undoes the migration that names instances of records, and those after it; so do the others. */
async function dropInstancesOfRecords(database: Database): Promise<void> {
  await sql`drop index oauth_records_instance`.execute(database);
  await sql`alter table oauth_records drop column instance`.execute(database);
  await dropOriginLimits(database);
}

async function dropOriginLimits(database: Database): Promise<void> {
  await sql`drop index instance_origins_use`.execute(database);
  await dropRegistrationAttempts(database);
}

async function dropRegistrationAttempts(database: Database): Promise<void> {
  await sql`drop index instances_attempt`.execute(database);
  await sql`alter table instances drop column attempt_hash`.execute(database);
  await sql`drop table instance_runs`.execute(database);
}

/** Leaves of a database what the first version made. */
async function returnToFirstTables(database: Database): Promise<void> {
  const { rows } = await sql<{ name: string }>`select name from sqlite_schema
    where type = 'table' and name not like 'sqlite_%' and name not like 'cloud_migrations%'`.execute(
    database,
  );
  await sql`pragma foreign_keys = off`.execute(database);
  for (const { name } of rows) await sql`drop table ${sql.table(name)}`.execute(database);
  await sql`pragma foreign_keys = on`.execute(database);
  await migrations['2026-11-cloud']?.up(database);
  await sql`delete from cloud_migrations where name <> '2026-11-cloud'`.execute(database);
}
