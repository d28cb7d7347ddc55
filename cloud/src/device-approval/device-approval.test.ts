import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { authorizationServerOn } from '../../test/authorization-server.ts';
import { moveClock } from '../../test/test-cloud.ts';
import { testDatabase } from '../../test/test-database.ts';
import type { SignedInAccount } from '../accounts/accounts.ts';
import { HttpError } from '../errors.ts';
import { type Instance, Instances } from '../instances/instances.ts';
import { OAuthRecordAdapter } from '../provider/adapter.ts';
import { ClientAdapter } from '../provider/client-adapter.ts';
import { deriveFlowSecrets } from '../provider/flow-secrets.ts';
import { readOrCreateServerKeys } from '../provider/signing-keys.ts';
import { Workspaces } from '../workspaces/workspaces.ts';
import { DeviceApproval, type DeviceApprovalContext } from './device-approval.ts';
import { KnownOrigins } from './known-origins.ts';

const issuer = 'http://localhost:7070';
const session = { sessionId: 'session-1', authenticatedAt: 1 };
const ann: SignedInAccount = { id: 'account-1', email: 'ann@example.test', name: 'Ann', ...session };
const bob: SignedInAccount = { id: 'account-2', email: 'bob@example.test', name: 'Bob', ...session };

let store: Awaited<ReturnType<typeof testDatabase>>;
let context: DeviceApprovalContext;
const secrets = deriveFlowSecrets(Buffer.alloc(32, 7));

beforeEach(async () => {
  store = await testDatabase();
  const { database } = store;
  const keys = readOrCreateServerKeys(join(dirname(store.path), 'keys.json'));
  const { provider, resources } = authorizationServerOn(database, { issuer, keys });
  const [instances, workspaces] = [new Instances(database), new Workspaces(database)];
  const assertLiveSession = async () => undefined;
  const knownOrigins = await KnownOrigins.load(database);
  const records = { database, provider, resources, instances, workspaces, knownOrigins };
  context = { issuer, ...records, secrets, assertLiveSession };
  await new ClientAdapter(database, resources).upsert('instance-1', { client_secret: 'secret' });
});

afterEach(async () => {
  vi.useRealTimers();
  await store[Symbol.asyncDispose]();
});

async function pendingCode(userCode: string): Promise<void> {
  const payload = {
    iat: Math.floor(Date.now() / 1_000),
    params: { resource: `${issuer}/instances/instance-1` },
    deviceInfo: { address: '127.0.0.1', userAgent: null, origin: null },
    userCode,
  };
  await new OAuthRecordAdapter('DeviceCode', store.database).upsert(
    `device code of ${userCode}`,
    payload,
    300,
  );
}

/** An approval with the right match code. */
function named(userCode: string, instanceName: string | null) {
  return { evidence: { matchCode: secrets.matchCodeOf(userCode) }, instanceName };
}

async function grants(): Promise<(string | undefined)[]> {
  const rows = await store.database.selectFrom('oauth_records').select(['kind', 'payload']).execute();
  return rows
    .filter(({ kind }) => kind === 'Grant')
    .map(({ payload }) => (JSON.parse(payload) as { accountId?: string }).accountId);
}

test('of decisions at the same moment one is made, and the others leave nothing behind', async () => {
  const approval = new DeviceApproval(context);
  await pendingCode('BCDFGHJK');
  const outcomes = await Promise.allSettled([
    approval.approve('BCDFGHJK', ann, named('BCDFGHJK', 'Ann’s')),
    approval.approve('BCDFGHJK', bob, named('BCDFGHJK', 'Bob’s')),
    approval.deny('BCDFGHJK', ann),
  ]);
  const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
  expect(winners).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ status: 409, code: 'already_decided' });
  }
  const expected = [['Ann’s'], ['Bob’s'], []][winners[0] ?? -1];
  const approvals = await store.database.selectFrom('instance_approvals').select('instance_name').execute();
  expect(approvals.map(({ instance_name: name }) => name)).toEqual(expected);
  expect(await grants()).toHaveLength(expected?.length ?? -1);
});

test('row 28: in a session that was ended meanwhile nothing is approved, and nothing is left behind', async () => {
  const assertLiveSession = async () => Promise.reject(new HttpError(401, 'login_required', 'It was ended.'));
  const approval = new DeviceApproval({ ...context, assertLiveSession });
  await pendingCode('BCDFGHJK');
  await expect(approval.approve('BCDFGHJK', ann, named('BCDFGHJK', null))).rejects.toMatchObject({
    status: 401,
    code: 'login_required',
  });
  expect(await grants()).toEqual([]);
  expect(await store.database.selectFrom('sign_ins').selectAll().execute()).toEqual([]);
  await expect(approval.lookUp('BCDFGHJK')).resolves.toMatchObject({ userCode: 'BCDFGHJK' });
});

test.each(['approve', 'deny'] as const)(
  'a code that expires between the look and the %s is not decided',
  async (action) => {
    class SlowInstances extends Instances {
      override async find(clientId: string): Promise<Instance | undefined> {
        const instance = await super.find(clientId);
        moveClock(301);
        return instance;
      }
    }
    const approval = new DeviceApproval({ ...context, instances: new SlowInstances(store.database) });
    await pendingCode('BCDFGHJK');
    const decision =
      action === 'approve'
        ? approval.approve('BCDFGHJK', ann, named('BCDFGHJK', null))
        : approval.deny('BCDFGHJK', ann);
    await expect(decision).rejects.toMatchObject({ status: 410, code: 'expired_token' });
    expect(await grants()).toEqual([]);
    expect(await store.database.selectFrom('instance_approvals').selectAll().execute()).toEqual([]);
  },
);

test('a code for an instance that is gone is no code', async () => {
  const approval = new DeviceApproval(context);
  // In this order, as when the instance went while the request for the code was under way.
  await new ClientAdapter(store.database, context.resources).destroy('instance-1');
  await pendingCode('BCDFGHJK');
  await expect(approval.lookUp('BCDFGHJK')).rejects.toMatchObject({ status: 404, code: 'invalid_user_code' });
});
