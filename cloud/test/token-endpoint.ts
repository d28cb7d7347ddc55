// A second process that answers token requests on the database of a cloud; refresh-race.test.ts forks it: DATABASE KEYS
// ISSUER.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openDatabase } from '../src/database/database.ts';
import { defaultLifetimes } from '../src/lifetimes.ts';
import { createLogger } from '../src/logger.ts';
import { createAuthorizationServer } from '../src/provider/provider.ts';
import { InstanceResources } from '../src/provider/resource-server.ts';
import { readOrCreateServerKeys } from '../src/provider/signing-keys.ts';

const [path = '', keysPath = '', issuer = ''] = process.argv.slice(2);
const { provider } = createAuthorizationServer(
  issuer,
  {
    database: await openDatabase(path),
    keys: readOrCreateServerKeys(keysPath),
    lifetimes: defaultLifetimes,
    resources: new InstanceResources(issuer),
    isRegistered: async () => true,
    admit: async () => ({
      workspace: { id: 'workspace-1', name: 'W' },
      role: 'owner',
      email: 'ann@example.test',
      name: 'Ann',
    }),
    onRevoked: async () => undefined,
  },
  createLogger({ level: 'silent' }),
);
const answer = provider.callback();
const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit());
