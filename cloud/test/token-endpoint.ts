// A second process that answers token requests on the database of a cloud; refresh-race.test.ts forks it: DATABASE KEYS
// ISSUER.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openDatabase } from '../src/database/database.ts';
import { readOrCreateServerKeys } from '../src/provider/signing-keys.ts';
import { authorizationServerOn } from './authorization-server.ts';

const [path = '', keysPath = '', issuer = ''] = process.argv.slice(2);
const { provider } = authorizationServerOn(await openDatabase(path), {
  issuer,
  keys: readOrCreateServerKeys(keysPath),
  admit: async () => ({
    workspace: { id: 'workspace-1', name: 'W' },
    role: 'owner',
    email: 'ann@example.test',
    name: 'Ann',
  }),
});
const answer = provider.callback();
const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit());
