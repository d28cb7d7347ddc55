import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { networksOf } from '../http/client-address.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';

/** In order of their names. A released migration never changes; a new one is added. */
export const migrations: Readonly<Record<string, Migration>> = {
  '2026-11-cloud': { up: createCloudTables },
  '2026-11-roles': { up: addRoles },
  '2026-11-security-events': { up: createSecurityEvents },
  // Their tokens lay in clear; from now on they are looked for by their hash.
  '2026-12-account-sessions': { up: endSessions },
  '2026-12-account-two-factor': { up: createSecondFactorTables },
  '2026-12-accounts-passkeys': { up: createPasskeysTable },
  '2026-12-device-approval': { up: bindDeviceCodes },
  '2026-12-registration-limits': { up: countUnclaimedInstances },
  '2026-12-sign-ins': { up: createSignInsTable },
  '2026-12-suspensions': { up: createDisabledAccountsTable },
  '2026-12-trusted-origins': { up: keepOriginsByAccount },
  '2026-12-unclaimed-places': { up: freePlacesOfSignedIn },
  // From now on they count with a page key only.
  '2027-01-page-keys': { up: endSessions },
  '2027-01-registration-keys': { up: createRegistrationKeysTable },
  '2027-01-unclaimed-networks': { up: countUnclaimedByNetworks },
  '2027-02-instances-of-records': { up: nameInstancesOfRecords },
  '2027-02-origin-limits': { up: limitOrigins },
  '2027-02-registration-attempts': { up: nameRegistrationAttempts },
  '2027-02-runs': { up: createInstanceRunsTable },
  '2027-02-wider-networks': { up: countUnclaimedByWiderNetworks },
};

async function createCloudTables(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;

  await schema
    .createTable('cloud')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('issuer', 'text', (column) => column.notNull())
    .execute();

  await schema
    .createTable('oauth_records')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('id_hash', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('grant_id', 'text')
    .addColumn('user_code_hash', 'text', (column) => column.unique())
    .addColumn('expires_at', 'integer')
    .addColumn('consumed_at', 'integer')
    .addColumn('decided_at', 'integer')
    .addPrimaryKeyConstraint('oauth_records_key', ['kind', 'id_hash'])
    .execute();
  await schema.createIndex('oauth_records_grant').on('oauth_records').column('grant_id').execute();
  await schema.createIndex('oauth_records_expiry').on('oauth_records').column('expires_at').execute();

  await schema
    .createTable('device_polls')
    .addColumn('device_code_hash', 'text', (column) => column.primaryKey())
    .addColumn('interval', 'integer', (column) => column.notNull())
    .addColumn('next_poll_at', 'integer', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .execute();

  await schema
    .createTable('workspaces')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('personal_account_id', 'text', (column) => column.unique())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .execute();
  await schema
    .createTable('workspace_members')
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('joined_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('workspace_members_key', ['workspace_id', 'account_id'])
    .execute();
  await schema
    .createIndex('workspace_members_account')
    .on('workspace_members')
    .column('account_id')
    .execute();

  await schema
    .createTable('instances')
    .addColumn('client_id', 'text', (column) => column.primaryKey())
    .addColumn('client_metadata', 'text', (column) => column.notNull())
    .addColumn('client_secret_hash', 'text', (column) => column.notNull())
    .addColumn('registered_at', 'integer', (column) => column.notNull())
    .addColumn('name', 'text')
    .addColumn('workspace_id', 'text', (column) => column.references('workspaces.id'))
    .addColumn('claimed_at', 'integer')
    .execute();
  await schema.createIndex('instances_workspace').on('instances').column('workspace_id').execute();

  await schema
    .createTable('instance_approvals')
    .addColumn('client_id', 'text', (column) => column.notNull().references('instances.client_id'))
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('instance_name', 'text')
    .addColumn('approved_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('instance_approvals_key', ['client_id', 'workspace_id'])
    .execute();
}

async function createSecurityEvents({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('security_events')
    .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('jti', 'text', (column) => column.notNull().unique())
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('set', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .execute();
  await schema.createIndex('security_events_client').on('security_events').column('client_id').execute();
}

/** Until now every member had made the workspace: it is theirs. */
async function addRoles(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .alterTable('workspace_members')
    .addColumn('role', 'text', (column) =>
      // SQLite adds no column without a default, so it is the least.
      column.notNull().defaultTo('viewer').check(sql`role in ('owner', 'admin', 'member', 'viewer')`),
    )
    .execute();
  await sql`update workspace_members set role = 'owner'`.execute(database);
}

/** Everybody signs in once more. */
async function endSessions(database: Kysely<unknown>): Promise<void> {
  const tables = await database.introspection.getTables();
  if (tables.some(({ name }) => name === 'session')) await sql`delete from session`.execute(database);
}

async function createSecondFactorTables({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('second_factors')
    .addColumn('account_id', 'text', (column) => column.primaryKey())
    .addColumn('sealed_secret', 'text', (column) => column.notNull())
    .addColumn('confirmed_at', 'integer')
    .addColumn('last_step', 'integer', (column) => column.notNull())
    .execute();
  await schema
    .createTable('recovery_codes')
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('code_hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_key', ['account_id', 'code_hash'])
    .execute();
  await schema
    .createTable('one_time_tokens')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .execute();
  await schema
    .createIndex('one_time_tokens_subject')
    .on('one_time_tokens')
    .columns(['purpose', 'subject'])
    .execute();
}

async function createPasskeysTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('passkeys')
    .addColumn('credential_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('public_key', 'text', (column) => column.notNull())
    .addColumn('counter', 'integer', (column) => column.notNull())
    .addColumn('transports', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('last_used_at', 'integer')
    .execute();
  await schema.createIndex('passkeys_account').on('passkeys').column('account_id').execute();
}

async function bindDeviceCodes(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;

  await schema.alterTable('oauth_records').addColumn('device_key_hash', 'text').execute();
  await schema
    .alterTable('oauth_records')
    .addColumn('match_tries', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await schema
    .createIndex('oauth_records_device_key')
    .on('oauth_records')
    .column('device_key_hash')
    .unique()
    .execute();

  await schema
    .createTable('instance_origins')
    .addColumn('client_id', 'text', (column) => column.notNull().references('instances.client_id'))
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('approved_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('instance_origins_key', ['client_id', 'workspace_id', 'origin'])
    .execute();
}

async function countUnclaimedInstances(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await schema.alterTable('instances').addColumn('registered_from', 'text').execute();
  await schema
    .createIndex('instances_unclaimed')
    .on('instances')
    .columns(['registered_from', 'registered_at'])
    .where(sql.ref('workspace_id'), 'is', null)
    .execute();
}

/** Those that there are come along, without the session that approved them. */
async function createSignInsTable(database: Kysely<unknown>): Promise<void> {
  const { schema } = database;
  await schema
    .createTable('sign_ins')
    .addColumn('grant_id', 'text', (column) => column.primaryKey())
    .addColumn('grant_hash', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('resource', 'text', (column) => column.notNull())
    .addColumn('session_hash', 'text')
    .execute();
  await schema.createIndex('sign_ins_account').on('sign_ins').column('account_id').execute();

  const { rows } = await sql<{ grant_id: string; account_id: string; resource: string }>`
    select distinct grant_id, payload ->> '$.accountId' as account_id, payload ->> '$.resource' as resource
    from oauth_records
    where kind in ('DeviceCode', 'RefreshToken') and grant_id is not null`.execute(database);
  for (const { grant_id, account_id, resource } of rows) {
    await sql`insert into sign_ins (grant_id, grant_hash, account_id, resource)
      values (${grant_id}, ${hashIdentifier(grant_id)}, ${account_id}, ${resource})`.execute(database);
  }
}

async function createDisabledAccountsTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('disabled_accounts')
    .addColumn('account_id', 'text', (column) => column.primaryKey())
    .addColumn('disabled_at', 'integer', (column) => column.notNull())
    .execute();
}

/** They were those of a workspace, whoever of it approved there; now each account has its own. */
async function keepOriginsByAccount({ schema }: Kysely<unknown>): Promise<void> {
  await schema.dropTable('instance_origins').execute();
  await schema
    .createTable('instance_origins')
    .addColumn('client_id', 'text', (column) => column.notNull().references('instances.client_id'))
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('approved_at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('instance_origins_key', ['client_id', 'account_id', 'origin'])
    .execute();
}

async function freePlacesOfSignedIn(database: Kysely<unknown>): Promise<void> {
  await sql`update instances set registered_from = null
    where client_id in (select client_id from instance_approvals)`.execute(database);
}

async function createRegistrationKeysTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('registration_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('key_hash', 'text', (column) => column.notNull().unique())
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('account_id', 'text')
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .addColumn('uses_allowed', 'integer', (column) => column.notNull())
    // One statement counts a use up to that; this holds if another one ever did not.
    .addColumn('uses', 'integer', (column) => column.notNull().check(sql`uses between 0 and uses_allowed`))
    .addColumn('last_used_at', 'integer')
    .addColumn('revoked_at', 'integer')
    .execute();
  await schema
    .createIndex('registration_keys_workspace')
    .on('registration_keys')
    .column('workspace_id')
    .execute();
}

/** An IPv4 address, or a /64, becomes the JSON array of all networks that it lies in, of which each is counted. */
async function countUnclaimedByNetworks(database: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ network: string }>`select distinct registered_from as network from instances
    where registered_from is not null`.execute(database);
  for (const { network } of rows) {
    const path = JSON.stringify(['*', ...networksOf(network.replace(/\/64$/, ''))]);
    await sql`update instances set registered_from = ${path} where registered_from = ${network}`.execute(
      database,
    );
  }

  await database.schema
    .createTable('unclaimed_places')
    .addColumn('network', 'text', (column) => column.primaryKey())
    .addColumn('within', 'text')
    .addColumn('places', 'integer', (column) => column.notNull())
    .execute();
  await database.schema
    .createIndex('unclaimed_places_within')
    .on('unclaimed_places')
    .columns(['within', 'places'])
    .execute();
  await sql`insert into unclaimed_places (network, within, places)
    select value, iif(key = 0, null, registered_from ->> (key - 1)), count(*)
    from instances, json_each(registered_from) where workspace_id is null group by value`.execute(database);

  // Whatever registers, claims or removes instances, and in whichever process, the counts are true.
  const takePlace = sql.raw(`insert into unclaimed_places (network, within, places)
    select value, iif(key = 0, null, new.registered_from ->> (key - 1)), 1
    from json_each(new.registered_from) where new.workspace_id is null
    on conflict (network) do update set places = places + 1;`);
  const leavePlace = sql.raw(`update unclaimed_places set places = places - 1
    where old.workspace_id is null and network in (select value from json_each(old.registered_from));
    delete from unclaimed_places
    where places = 0 and network in (select value from json_each(old.registered_from));`);
  await sql`create trigger instances_inserted after insert on instances begin ${takePlace} end`.execute(
    database,
  );
  await sql`create trigger instances_deleted after delete on instances begin ${leavePlace} end`.execute(
    database,
  );
  await sql`create trigger instances_updated after update of workspace_id, registered_from on instances
    begin ${leavePlace} ${takePlace} end`.execute(database);
}

/** Until now, they were looked for in what is stored of all. */
async function nameInstancesOfRecords(database: Kysely<unknown>): Promise<void> {
  await database.schema.alterTable('oauth_records').addColumn('instance', 'text').execute();
  await sql`update oauth_records set instance = case kind
    when 'RegistrationAccessToken' then payload ->> '$.clientId'
    when 'ClientCredentials' then payload ->> '$.clientId'
    when 'DeviceCode' then payload ->> '$.params.resource'
    when 'RefreshToken' then payload ->> '$.resource'
    when 'Grant' then (select key from json_each(payload, '$.resources') limit 1) end`.execute(database);
  await database.schema
    .createIndex('oauth_records_instance')
    .on('oauth_records')
    .columns(['instance', 'kind'])
    .where(sql.ref('instance'), 'is not', null)
    .execute();
}

/** Each account keeps the latest 20 of its origins at an instance: until now there could be any number. */
async function limitOrigins(database: Kysely<unknown>): Promise<void> {
  await sql`delete from instance_origins where rowid in (
    select rowid from (select rowid, row_number() over (
      partition by client_id, account_id order by approved_at desc) as place from instance_origins)
    where place > 20)`.execute(database);
  await database.schema
    .createIndex('instance_origins_use')
    .on('instance_origins')
    .columns(['client_id', 'origin', 'approved_at'])
    .execute();
}

async function nameRegistrationAttempts({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable('instances').addColumn('attempt_hash', 'text').execute();
  await schema
    .createIndex('instances_attempt')
    .on('instances')
    .column('attempt_hash')
    .unique()
    .where(sql.ref('attempt_hash'), 'is not', null)
    .execute();
}

/** Those of IPv4 addresses were missing, and the /32 of IPv6: which networks lie in which has changed. */
async function countUnclaimedByWiderNetworks(database: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ path: string }>`select distinct registered_from as path from instances
    where registered_from is not null`.execute(database);
  await sql`create table new_paths (old text primary key, new text not null)`.execute(database);
  for (const { path } of rows) {
    const narrowest = (JSON.parse(path) as string[]).at(-1) ?? '';
    const networks = JSON.stringify(['*', ...networksOf(narrowest.replace(/\/64$/, ''))]);
    await sql`insert into new_paths (old, new) values (${path}, ${networks})`.execute(database);
  }
  // The triggers count. They would keep what lies in what, so that nothing may be left in between.
  await sql`create table moved as select client_id, new from instances join new_paths on old = registered_from`.execute(
    database,
  );
  await sql`update instances set registered_from = null where registered_from is not null`.execute(database);
  await sql`update instances set registered_from = new from moved where moved.client_id = instances.client_id`.execute(
    database,
  );
  await sql`drop table moved`.execute(database);
  await sql`drop table new_paths`.execute(database);
}

async function createInstanceRunsTable({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('instance_runs')
    .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('client_id', 'text', (column) => column.notNull())
    .addColumn('run_hash', 'text', (column) => column.notNull())
    .addColumn('begun_at', 'integer', (column) => column.notNull())
    .addColumn('seen_at', 'integer', (column) => column.notNull())
    .addColumn('met', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('acknowledged', 'integer', (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint('instance_runs_name', ['client_id', 'run_hash'])
    .execute();
}
