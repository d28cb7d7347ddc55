// One of two processes that race on the same database; races.test.ts forks it: DATABASE KEYS.

import { InvalidGrant } from 'oidc-provider/lib/helpers/errors.js';
import { openDatabase } from '../src/database/database.ts';
import { DeviceApproval } from '../src/device-approval/device-approval.ts';
import { KnownOrigins } from '../src/device-approval/known-origins.ts';
import { HttpError } from '../src/errors.ts';
import { Instances } from '../src/instances/instances.ts';
import { OAuthRecordAdapter } from '../src/provider/adapter.ts';
import { deriveFlowSecrets } from '../src/provider/flow-secrets.ts';
import { readOrCreateServerKeys } from '../src/provider/signing-keys.ts';
import { registerByKey } from '../src/registration-keys/register-by-key.ts';
import { Workspaces } from '../src/workspaces/workspaces.ts';
import { authorizationServerOn } from './authorization-server.ts';
import { type Race, type RaceKind, raceIssuer, raceWorkspace } from './races.ts';

const [path = '', keysPath = ''] = process.argv.slice(2);
const database = await openDatabase(path);
const keys = readOrCreateServerKeys(keysPath);
const [instances, workspaces] = [new Instances(database), new Workspaces(database)];
const { provider, resources } = authorizationServerOn(database, { issuer: raceIssuer, keys });
const secrets = deriveFlowSecrets(keys.dpopNonceSecret);
const approval = new DeviceApproval({
  ...{
    issuer: raceIssuer,
    database,
    provider,
    resources,
    instances,
    workspaces,
    knownOrigins: await KnownOrigins.load(database),
    secrets,
    assertLiveSession: async () => undefined,
  },
});
const deviceCodes = new OAuthRecordAdapter('DeviceCode', database);
const proofs = new OAuthRecordAdapter('ReplayDetection', database);

/** What one contender does about one thing; it resolves if it wins, or with false if it does not. */
const contests: Readonly<Record<RaceKind, (id: string, contender: number) => Promise<boolean>>> = {
  'device code': async (id) => deviceCodes.consume(id).then(() => true),
  'DPoP proof': async (id) => proofs.upsert(id, {}, 300).then(() => true),
  decision: async (userCode, contender) => {
    const session = { sessionId: `session-${contender}`, authenticatedAt: 1 };
    const account = { id: `account-${contender}`, email: 'x@example.test', name: 'X', ...session };
    if (contender > 1) return approval.deny(userCode, account).then(() => true);
    const evidence = { matchCode: secrets.matchCodeOf(userCode) };
    return approval.approve(userCode, account, { evidence, instanceName: null }).then(() => true);
  },
  claim: async (clientId, contender) => {
    const instance = await instances.find(clientId);
    if (!instance) throw new Error(`There is no instance ${clientId}.`);
    return (await instances.claim(instance, raceWorkspace(contender))) === 'claimed';
  },
  'registration key': async (key, contender) =>
    registerByKey(
      database,
      resources,
      { key, attempt: `of ${contender}` },
      newInstance(`${key} ${contender}`),
    ),
  'repeated registration': async (key, contender) =>
    registerByKey(database, resources, { key, attempt: 'of all' }, newInstance(`${key} ${contender}`)),
};

function newInstance(clientId: string) {
  return { client_id: clientId, client_metadata: '{}', client_secret_hash: 'hash' };
}

process.on('message', (race: Race) => {
  void contend(race).then(
    (winners) => process.send?.({ winners }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function contend({ kind, ids, contenders }: Race): Promise<Record<string, number>> {
  const winners: Record<string, number> = {};
  for (const id of ids) {
    const outcomes = await Promise.all(contenders.map(async (contender) => attempt(kind, id, contender)));
    winners[id] = outcomes.filter(Boolean).length;
  }
  return winners;
}

async function attempt(kind: RaceKind, id: string, contender: number): Promise<boolean> {
  try {
    return await contests[kind](id, contender);
  } catch (error) {
    if (error instanceof InvalidGrant || error instanceof HttpError) return false;
    throw error;
  }
}
