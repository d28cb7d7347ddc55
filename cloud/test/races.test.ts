import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OAuthRecordAdapter } from '../src/provider/adapter.ts';
import { ClientAdapter } from '../src/provider/client-adapter.ts';
import { hashIdentifier } from '../src/provider/identifier-hash.ts';
import { InstanceResources } from '../src/provider/resource-server.ts';
import { readOrCreateServerKeys } from '../src/provider/signing-keys.ts';
import { type RaceKind, raceIssuer, raceKinds, raceWorkspace } from './races.ts';
import { testDatabase } from './test-database.ts';

// Whatever may happen once is decided by the database, not by the order in which one process does things. So two
// processes contend here, five contenders between them, for each of a thousand things.

const rounds = 1_000;
const batchSize = 50;
const contenders = [
  [0, 2, 4],
  [1, 3],
];

let store: Awaited<ReturnType<typeof testDatabase>>;
let processes: ChildProcess[];

beforeAll(async () => {
  store = await testDatabase();
  const keysPath = join(dirname(store.path), 'keys.json');
  readOrCreateServerKeys(keysPath);
  const script = fileURLToPath(new URL('race-contender.ts', import.meta.url));
  processes = contenders.map(() => fork(script, [store.path, keysPath], { execArgv: [] }));
  await Promise.all(processes.map(async (contender) => once(contender, 'message')));
  const now = Date.now();
  const workspaces = contenders.flat().map((contender) => ({
    id: raceWorkspace(contender),
    name: 'W',
    personal_account_id: `account-${contender}`,
    created_at: now,
  }));
  await store.database.insertInto('workspaces').values(workspaces).execute();
  const owners = contenders.flat().map((contender) => ({
    workspace_id: raceWorkspace(contender),
    account_id: `account-${contender}`,
    role: 'owner' as const,
    joined_at: now,
  }));
  await store.database.insertInto('workspace_members').values(owners).execute();
  await new ClientAdapter(store.database, new InstanceResources(raceIssuer)).upsert('instance-1', {
    client_secret: 'secret',
  });
});

afterAll(async () => {
  for (const contender of processes) {
    const exited = once(contender, 'exit');
    contender.disconnect();
    await exited;
  }
  await store[Symbol.asyncDispose]();
});

/** Whose workspace the next key is for: in turn, or one would be full. */
let keysMade = 0;

/** Makes the thing that is contended for. */
const prepare: Readonly<Record<RaceKind, (id: string) => Promise<void>>> = {
  'device code': async (id) => new OAuthRecordAdapter('DeviceCode', store.database).upsert(id, {}, 600),
  'DPoP proof': async () => undefined,
  decision: async (userCode) => {
    const payload = {
      iat: Math.floor(Date.now() / 1_000),
      params: { resource: `${raceIssuer}/instances/instance-1`, dpop_jkt: userCode },
      deviceInfo: { address: '127.0.0.1', userAgent: null, origin: null },
      userCode,
    };
    await new OAuthRecordAdapter('DeviceCode', store.database).upsert(`of ${userCode}`, payload, 600);
  },
  claim: async (clientId) => {
    await new ClientAdapter(store.database, new InstanceResources(raceIssuer)).upsert(clientId, {
      client_secret: 'secret',
    });
    const approvals = contenders.flat().map((contender) => ({
      client_id: clientId,
      workspace_id: raceWorkspace(contender),
      account_id: `account-${contender}`,
      instance_name: null,
      approved_at: 0,
    }));
    await store.database.insertInto('instance_approvals').values(approvals).execute();
  },
  'registration key': makeKey,
  'repeated registration': makeKey,
};

async function makeKey(key: string): Promise<void> {
  const made = { key_hash: hashIdentifier(key), created_at: 0, expires_at: Date.now() + 600_000 };
  const owner = keysMade++ % contenders.flat().length;
  const unused = { uses_allowed: 1, uses: 0, last_used_at: null, revoked_at: null };
  await store.database
    .insertInto('registration_keys')
    .values({
      id: key,
      workspace_id: raceWorkspace(owner),
      account_id: `account-${owner}`,
      label: 'x',
      ...made,
      ...unused,
    })
    .execute();
}

/** How many contenders of one process won each thing. */
async function send(contender: ChildProcess, race: unknown): Promise<Record<string, number>> {
  const answered = once(contender, 'message');
  contender.send(race as object);
  const [{ winners, failure }] = (await answered) as [{ winners?: Record<string, number>; failure?: string }];
  if (!winners) throw new Error(failure);
  return winners;
}

test.each(raceKinds)(
  'rows 1, 6, 13, 20: two processes, five contenders, 1,000 times: %s has one winner each',
  { timeout: 300_000 },
  async (kind) => {
    const { wins, wonByBoth } = await race(kind, rounds);
    expect(wins).toEqual(Array<number>(rounds).fill(1));
    // Otherwise one process was always late, and nothing was shown.
    expect(Math.min(...wonByBoth)).toBeGreaterThan(0);
  },
);

test('row 6: two processes, five contenders, 100 times: one registration and its repetitions are one use and one instance', {
  timeout: 300_000,
}, async () => {
  const kind = 'repeated registration';
  const { wins, wonByBoth } = await race(kind, 100);
  expect(wins).toEqual(Array<number>(100).fill(5));
  expect(wonByBoth).toEqual([300, 200]);
  const keys = await store.database
    .selectFrom('registration_keys')
    .select('uses')
    .where('id', 'like', `${kind}%`)
    .execute();
  expect(keys.map(({ uses }) => uses)).toEqual(Array<number>(100).fill(1));
  const instances = await store.database
    .selectFrom('instances')
    .select('client_id')
    .where('client_id', 'like', `${kind}%`)
    .execute();
  const keysOfInstances = new Set(instances.map(({ client_id }) => client_id.replace(/ \d$/, '')));
  expect([instances.length, keysOfInstances.size]).toEqual([100, 100]);
});

async function race(kind: RaceKind, count: number): Promise<{ wins: number[]; wonByBoth: number[] }> {
  const wins: number[] = [];
  let wonByBoth = [0, 0];
  for (let start = 0; start < count; start += batchSize) {
    const ids = Array.from({ length: batchSize }, (_, index) => idOf(kind, start + index));
    for (const id of ids) await prepare[kind](id);
    const [one, other] = (await Promise.all(
      processes.map(async (contender, index) =>
        send(contender, { kind, ids, contenders: contenders[index] }),
      ),
    )) as [Record<string, number>, Record<string, number>];
    wins.push(...ids.map((id) => (one[id] ?? 0) + (other[id] ?? 0)));
    wonByBoth = [one, other].map(
      (won, index) => (wonByBoth[index] ?? 0) + Object.values(won).reduce((sum, count) => sum + count, 0),
    );
  }
  return { wins, wonByBoth };
}

/** User codes have letters of their own. */
function idOf(kind: RaceKind, round: number): string {
  if (kind !== 'decision') return `${kind} ${round}`;
  const letters = [...String(round).padStart(4, '0')].map((digit) => 'BCDFGHJKLM'[Number(digit)]);
  return `BBBB${letters.join('')}`;
}
