import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import { InstanceResources } from '../provider/resource-server.ts';
import { Workspaces } from '../workspaces/workspaces.ts';
import { maximumInstancesPerWorkspace, registerByKey, WorkspaceFullError } from './register-by-key.ts';
import { RegistrationKeys } from './registration-keys.ts';

const resources = new InstanceResources('https://cloud.example.com');

test('row 6: a workspace that has as many instances as it may gets no more, and the key is not used up', async () => {
  await using store = await testDatabase();
  const ann = { id: 'account-1', email: 'ann@example.test', name: 'Ann' };
  const { id: workspaceId } = await new Workspaces(store.database).personalWorkspaceOf(ann);
  const made = { workspaceId, label: 'CI', lifetimeSeconds: 600, uses: 1 };
  const key = await new RegistrationKeys(store.database).createForOperator(made);
  await sql`insert into instances (client_id, client_metadata, client_secret_hash, registered_at, workspace_id)
    with recursive numbers (n) as (
      select 1 union all select n + 1 from numbers where n < ${maximumInstancesPerWorkspace})
    select 'i' || n, '{}', 'hash', 0, ${workspaceId} from numbers`.execute(store.database);
  const presented = { key, attempt: undefined };
  const instance = { client_id: 'one more', client_metadata: '{}', client_secret_hash: 'hash' };

  await expect(registerByKey(store.database, resources, presented, instance)).rejects.toThrow(
    WorkspaceFullError,
  );
  const kept = await store.database.selectFrom('registration_keys').selectAll().execute();
  expect(kept).toMatchObject([{ uses: 0, last_used_at: null }]);
  await store.database.deleteFrom('instances').where('client_id', '=', 'i7').execute();
  expect(await registerByKey(store.database, resources, presented, instance)).toBe(true);
});
