import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import type { Database } from './database.ts';

const addWorkspace = async (database: Database, id: string) =>
  database
    .insertInto('workspaces')
    .values({ id, name: id, created_at: 1, personal_account_id: null })
    .execute();

test('while another process holds the database, writes wait and everything else goes on', async () => {
  await using store = await testDatabase();
  const other = new DatabaseSync(store.path);
  const add = async (id: string) => addWorkspace(store.database, id);
  try {
    other.exec('BEGIN IMMEDIATE');
    const writes = [
      add('alone'),
      store.database.transaction().execute(async (transaction) => {
        await transaction.updateTable('workspaces').set({ name: 'renamed' }).execute();
      }),
      add('after'),
    ];
    let longestTurn = 0;
    for (let turn = 0; turn < 30; turn += 1) {
      const begin = performance.now();
      await sleep(10);
      expect(await store.database.selectFrom('workspaces').selectAll().execute()).toEqual([]);
      longestTurn = Math.max(longestTurn, performance.now() - begin);
    }
    expect(longestTurn).toBeLessThan(250);
    other.exec('COMMIT');
    await Promise.all(writes);
    const rows = await store.database.selectFrom('workspaces').select('name').orderBy('id').execute();
    expect(rows.map(({ name }) => name)).toEqual(['after', 'renamed']);
  } finally {
    other.close();
  }
});

test('who has waited for five seconds hears that it is locked, and nobody else', {
  timeout: 20_000,
}, async () => {
  await using store = await testDatabase();
  const other = new DatabaseSync(store.path);
  const add = async (id: string) => addWorkspace(store.database, id);
  try {
    other.exec('BEGIN IMMEDIATE');
    const [first, second] = [add('first'), add('second')];
    await expect(first).rejects.toThrow('locked');
    other.exec('COMMIT');
    await second;
    expect(await store.database.selectFrom('workspaces').select('id').execute()).toEqual([{ id: 'second' }]);
  } finally {
    other.close();
  }
});
