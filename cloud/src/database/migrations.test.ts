import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import { openDatabase } from './database.ts';

test('members of a database without roles are owners; nobody becomes one by an oversight', async () => {
  await using store = await testDatabase();
  const member = (workspace: string) =>
    sql`insert into workspace_members (workspace_id, account_id, joined_at) values (${workspace}, 'ann', 1)`;
  for (const id of ['before', 'after'])
    await sql`insert into workspaces (id, name, created_at) values (${id}, '', 1)`.execute(store.database);
  await sql`alter table workspace_members drop column role`.execute(store.database);
  for (const table of ['security_events', 'second_factors', 'recovery_codes', 'one_time_tokens', 'passkeys'])
    await sql`drop table ${sql.table(table)}`.execute(store.database);
  await sql`delete from cloud_migrations where name <> '2026-11-cloud'`.execute(store.database);
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
