import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { SecretsStore } from '../secrets/secrets-store.ts';
import { ClaimCodeGate } from './claim-code.ts';
import { ClaimStore } from './claim-store.ts';
import { InstanceClaiming, type OwnerRecording } from './instance-claim.ts';

const code = '0123Z-VWX1J';
const by = {
  account: { id: 'account-1', name: 'Ann', email: 'ann@example.test' },
  source: { address: '192.0.2.1', userAgent: undefined },
};
const ann = { id: 'workspace-1', name: "Ann's workspace" };
const bob = { id: 'workspace-2', name: "Bob's workspace" };

/** The owner as the cloud records it: compare-and-set, as its contract says. */
class OwnerRecord {
  owner: string | undefined;
  attempts = 0;

  async record(workspace: string): Promise<OwnerRecording> {
    this.attempts += 1;
    this.owner ??= workspace;
    if (this.owner !== workspace) return { result: 'already-claimed' };
    return { result: 'recorded', record: { name: 'Lab', owner: { claimedAt: '2026-11-23T12:00:00.000Z' } } };
  }
}

/** An instance that can be killed and started again on its data. */
class ClaimingInstance implements AsyncDisposable {
  readonly cloud = new OwnerRecord();
  readonly dataPath: string;
  readonly claimed: string[] = [];
  readonly #root: AsyncDisposable & { path: string };

  constructor(root: AsyncDisposable & { path: string }) {
    this.#root = root;
    this.dataPath = join(root.path, 'data');
  }

  static async create(): Promise<ClaimingInstance> {
    const instance = new ClaimingInstance(await temporaryDirectory());
    await mkdir(instance.dataPath);
    return instance;
  }

  /** A start: everything in memory is new. `recordOwner` replaces the cloud. */
  async start(recordOwner = async (workspace: string) => this.cloud.record(workspace)) {
    const secrets = await SecretsStore.open({
      path: join(this.dataPath, 'secrets.db'),
      dataPath: this.dataPath,
      keys: { file: join(this.#root.path, 'key'), directory: this.#root.path },
    });
    const store = new ClaimStore(secrets, 'https://cloud.test');
    const claiming = new InstanceClaiming({
      store,
      gate: new ClaimCodeGate(code, () => 0),
      recordOwner,
      now: () => 0,
      onClaimed: async ({ workspace }) => {
        this.claimed.push(workspace.id);
      },
      onWrongCode: () => undefined,
      onLocked: () => undefined,
    });
    return { secrets, store, claiming };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#root[Symbol.asyncDispose]();
  }
}

class Killed extends Error {}

test('the right code claims; the owner is pinned and survives a restart', async () => {
  await using instance = await ClaimingInstance.create();
  const { claiming, store } = await instance.start();
  await expect(claiming.claim(ann, code, by)).resolves.toEqual({ result: 'claimed' });
  expect(store.pending).toBeUndefined();
  const again = await instance.start();
  expect(again.store.claim).toEqual({ workspace: ann, claimedAt: new Date('2026-11-23T12:00:00.000Z') });
  expect(again.secrets.read('instance_name')).toEqual({ name: 'Lab' });
  await expect(again.claiming.claim(bob, code, by)).resolves.toEqual({ result: 'already-claimed' });
});

test('a wrong code reaches neither the cloud nor the disk', async () => {
  await using instance = await ClaimingInstance.create();
  const { claiming, store } = await instance.start();
  await expect(claiming.claim(ann, '00000-00000', by)).resolves.toEqual({ result: 'wrong', triesLeft: 4 });
  expect(instance.cloud.attempts).toBe(0);
  expect(store.pending).toBeUndefined();
});

test('row 1: of 200 claims at once with the right code, one makes an owner', async () => {
  await using instance = await ClaimingInstance.create();
  const { claiming } = await instance.start();
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_claim, index) =>
      claiming.claim({ id: `workspace-${index}`, name: '' }, code, by),
    ),
  );
  expect(outcomes.filter(({ result }) => result === 'claimed')).toHaveLength(1);
  expect(instance.claimed).toEqual([instance.cloud.owner]);
});

test('row 2: of 1,000 claims at once without the code, none makes an owner', async () => {
  await using instance = await ClaimingInstance.create();
  const { claiming, store } = await instance.start();
  const outcomes = await Promise.all(
    Array.from({ length: 1_000 }, async (_claim, index) =>
      claiming.claim({ id: `workspace-${index}`, name: '' }, `${index}`.padStart(10, '0'), by),
    ),
  );
  const results = new Set(outcomes.map(({ result }) => result));
  expect([...results]).toEqual(['wrong']);
  expect(instance.cloud.attempts).toBe(0);
  expect(store.claim ?? store.pending).toBeUndefined();
});

test('row 3: killed before the cloud was asked, the next start completes the claim', async () => {
  await using instance = await ClaimingInstance.create();
  const { claiming } = await instance.start(async () => Promise.reject(new Killed()));
  await expect(claiming.claim(ann, code, by)).rejects.toThrow(Killed);
  expect(instance.cloud.owner).toBeUndefined();

  const again = await instance.start();
  await again.claiming.resume();
  expect(again.store.claim?.workspace).toEqual(ann);
  expect(instance.cloud.owner).toBe(ann.id);
});

test('row 3: killed after the cloud recorded the owner, the next start completes the claim', async () => {
  await using instance = await ClaimingInstance.create();
  const { claiming } = await instance.start(async (workspace) => {
    await instance.cloud.record(workspace);
    throw new Killed();
  });
  await expect(claiming.claim(ann, code, by)).rejects.toThrow(Killed);

  const again = await instance.start();
  expect(again.store.claim).toBeUndefined();
  await again.claiming.resume();
  expect(again.store.claim?.workspace).toEqual(ann);
});

test('row 3: when the last save fails, the next start completes the claim', async () => {
  await using instance = await ClaimingInstance.create();
  const away = `${instance.dataPath}-away`;
  const { claiming } = await instance.start(async (workspace) => {
    const recording = await instance.cloud.record(workspace);
    await rename(instance.dataPath, away);
    return recording;
  });
  await expect(claiming.claim(ann, code, by)).rejects.toMatchObject({ code: 'secrets_changed' });
  await rename(away, instance.dataPath);

  const again = await instance.start();
  await again.claiming.resume();
  expect(again.store.claim?.workspace).toEqual(ann);
  expect(instance.claimed).toEqual([ann.id]);
});

test('the same person may try again after the cloud was away', async () => {
  await using instance = await ClaimingInstance.create();
  let isAway = true;
  const { claiming } = await instance.start(async (workspace) => {
    if (isAway) throw new Killed();
    return instance.cloud.record(workspace);
  });
  await expect(claiming.claim(ann, code, by)).rejects.toThrow(Killed);
  isAway = false;
  await expect(claiming.claim(ann, code, by)).resolves.toEqual({ result: 'claimed' });
});

test('a claim that was cut off comes before that of somebody else', async () => {
  await using instance = await ClaimingInstance.create();
  let isAway = true;
  const { claiming, store } = await instance.start(async (workspace) => {
    const recording = await instance.cloud.record(workspace);
    if (isAway) throw new Killed();
    return recording;
  });
  await expect(claiming.claim(ann, code, by)).rejects.toThrow(Killed);
  await expect(claiming.claim(bob, code, by)).rejects.toThrow(Killed);
  isAway = false;
  await expect(claiming.claim(bob, code, by)).resolves.toEqual({ result: 'already-claimed' });
  expect(store.claim?.workspace).toEqual(ann);
});

test('a refusal of the cloud leaves the instance open for the right one', async () => {
  await using instance = await ClaimingInstance.create();
  instance.cloud.owner = bob.id;
  const { claiming, store } = await instance.start();
  await expect(claiming.claim(ann, code, by)).resolves.toEqual({ result: 'already-claimed' });
  expect(store.pending).toBeUndefined();
  await expect(claiming.claim(bob, code, by)).resolves.toEqual({ result: 'claimed' });
});

test('resuming nothing asks nobody', async () => {
  await using instance = await ClaimingInstance.create();
  const { claiming } = await instance.start();
  await claiming.resume();
  expect(instance.cloud.attempts).toBe(0);
});
