import { expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import { Workspaces } from './workspaces.ts';

const ann = { id: 'account-1', email: 'ann@example.test', name: 'Ann' };
const bob = { id: 'account-2', email: 'bob@example.test', name: 'Bob' };

test('an account that is asked for by many at once has one personal workspace', async () => {
  await using store = await testDatabase();
  const workspaces = new Workspaces(store.database);
  const answers = await Promise.all(
    Array.from({ length: 10 }, async () => workspaces.personalWorkspaceOf(ann)),
  );
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(answers[0]?.name).toBe('Ann’s workspace');
  expect(await store.database.selectFrom('workspaces').selectAll().execute()).toHaveLength(1);
  expect(await store.database.selectFrom('workspace_members').selectAll().execute()).toHaveLength(1);
});

test('its one member is the account, as its owner', async () => {
  await using store = await testDatabase();
  const workspaces = new Workspaces(store.database);
  const [hers, his] = [await workspaces.personalWorkspaceOf(ann), await workspaces.personalWorkspaceOf(bob)];
  expect(hers.id).not.toBe(his.id);
  expect(await workspaces.isMember(ann.id, hers.id)).toBe(true);
  expect(await workspaces.isMember(bob.id, hers.id)).toBe(false);
  expect(await workspaces.isMember(ann.id, 'no workspace')).toBe(false);
  expect(await workspaces.roleOf(ann.id, hers.id)).toBe('owner');
  expect(await workspaces.roleOf(bob.id, hers.id)).toBeUndefined();
});
