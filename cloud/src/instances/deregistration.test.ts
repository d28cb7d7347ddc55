import { expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import { OAuthRecordAdapter } from '../provider/adapter.ts';
import { ClientAdapter } from '../provider/client-adapter.ts';
import { InstanceResources } from '../provider/resource-server.ts';

test('a registration access token goes in the same step as the instance, not in a later one', async () => {
  await using store = await testDatabase();
  const clients = new ClientAdapter(store.database, new InstanceResources('https://cloud.example.com'));
  const tokens = new OAuthRecordAdapter('RegistrationAccessToken', store.database);
  for (const clientId of ['gone', 'kept']) {
    await clients.upsert(clientId, { client_secret: 'secret' });
    await tokens.upsert(`token of ${clientId}`, { kind: 'RegistrationAccessToken', clientId });
  }
  await clients.destroy('gone');
  expect([await clients.find('gone'), await tokens.find('token of gone')]).toEqual([undefined, undefined]);
  expect(await clients.find('kept')).toBeDefined();
  expect(await tokens.find('token of kept')).toBeDefined();
});
