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
