import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../src/database/database.ts';
import { InstanceRuns, mostRuns } from '../src/security-events/instance-runs.ts';
import {
  company,
  type Members,
  type TestAccount,
  type TestBrowser,
  type TestInstance,
  webClientId,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';
import { testDatabase } from './test-database.ts';

interface Delivery {
  readonly sets: Record<string, string>;
  readonly otherRunSince?: number;
}

const newRun = () => randomBytes(16).toString('base64url');

describe('with a cloud', () => {
  let cloud: TestCloud;
  let account: TestAccount;
  let browser: TestBrowser;
  let instance: TestInstance;
  let token: string;

  beforeAll(async () => {
    cloud = await TestCloud.start();
    ({ instance, account, browser } = await company(cloud));
  });
  afterAll(async () => cloud[Symbol.asyncDispose]());
  beforeEach(async () => {
    token = await instance.token();
  });
  afterEach(() => void vi.useRealTimers());

  async function poll(run: string | undefined, body: Members = {}): Promise<Delivery> {
    const response = await instance.call('POST', '/api/instance/events', token, { run, ...body });
    expect(response.status).toBe(200);
    return (await response.json()) as Delivery;
  }

  const immediately = { returnImmediately: true };

  async function endSignIn(): Promise<void> {
    const { refresh_token } = await browser.signIn(instance, account);
    const form = { client_id: webClientId, token: refresh_token };
    expect((await cloud.postForm('/token/revocation', form)).status).toBe(200);
  }

  /** As long as nothing else happens, an answer may come for nothing. */
  async function untilToldOfOther(run: string): Promise<number> {
    for (;;) {
      const { otherRunSince } = await poll(run);
      if (otherRunSince !== undefined) return otherRunSince;
    }
  }

  /** Acknowledges all that there is. */
  async function drain(run: string | undefined): Promise<void> {
    const { sets } = await poll(run, immediately);
    await poll(run, { ...immediately, ack: Object.keys(sets) });
  }

  test.each([
    ['with a name of its own', newRun()],
    ['that is older and names itself not', undefined],
  ])(
    'row 65: what one run has acknowledged comes to the other all the same: one %s',
    async (_which, other) => {
      const run = newRun();
      for (const each of [run, other]) await drain(each);
      await endSignIn();
      const { sets } = await poll(other, immediately);
      expect(Object.keys(sets)).toHaveLength(1);
      expect((await poll(other, { ...immediately, ack: Object.keys(sets) })).sets).toEqual({});
      expect((await poll(run, immediately)).sets).toEqual(sets);
      // One that begins now may have begun with an older state.
      expect(Object.keys((await poll(newRun(), immediately)).sets)).toEqual(
        expect.arrayContaining(Object.keys(sets)),
      );
    },
  );

  test('row 65: both hear of an end at once when both wait', async () => {
    const runs = [newRun(), newRun()];
    for (const run of runs) await drain(run);
    const waiting = runs.map(async (run) => poll(run));
    // The requests have to be there first.
    await sleep(200);
    await endSignIn();
    const begin = performance.now();
    const [one, other] = await Promise.all(waiting);
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(Object.keys(one?.sets ?? {})).toHaveLength(1);
    expect(other?.sets).toEqual(one?.sets);
  });

  test('what was acknowledged out of turn comes again, what follows in turn does not', async () => {
    const run = newRun();
    await drain(run);
    for (let count = 0; count < 3; count += 1) await endSignIn();
    const [first = '', second = '', third = ''] = Object.keys((await poll(run, immediately)).sets);
    const left = async (ack: string[]) => Object.keys((await poll(run, { ...immediately, ack })).sets);
    expect(await left([second])).toEqual([first, second, third]);
    expect(await left([second, first])).toEqual([third]);
    expect(await left([third])).toEqual([]);
  });

  test('row 65: two runs that go on are told of each other, who waits at once, and each once', async () => {
    const [earlier, later] = [newRun(), newRun()];
    for (const run of [earlier, later]) await drain(run);
    const begun = Math.floor(Date.now() / 1_000);
    expect(await poll(earlier, immediately)).not.toHaveProperty('otherRunSince');
    moveClock(6);
    const waiting = untilToldOfOther(later);
    await sleep(500);
    const begin = performance.now();
    const { otherRunSince } = await poll(earlier);
    expect(otherRunSince).toBeGreaterThan(begun - 10);
    expect(await waiting).toEqual(expect.any(Number));
    expect(performance.now() - begin).toBeLessThan(1_000);
    // Whoever knows waits for what happens next.
    const again = poll(earlier, { otherRunSince });
    expect(await Promise.race([again, sleep(500, 'waits')])).toBe('waits');
    await endSignIn();
    expect(Object.keys((await again).sets)).toHaveLength(1);
    // The other is gone.
    moveClock(61);
    expect(await poll(earlier, { otherRunSince })).not.toHaveProperty('otherRunSince');
  });

  test.each([
    ['a run that can be guessed', { run: 'x'.repeat(21) }],
    ['a run that is no name', { run: 1 }],
    ['a run that has no end', { run: 'x'.repeat(65) }],
    ['another since never', { otherRunSince: 'x' }],
  ])('bad input is answered with what is expected: %s', async (_what, body) => {
    const response = await instance.call('POST', '/api/instance/events', token, body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Members).error_description).toContain('base64url');
  });

  test('row 48: no name of a run is on the disk', async () => {
    const run = newRun();
    await drain(run);
    for (const file of (await cloud.everythingOnDisk()).values()) expect(file.includes(run)).toBe(false);
  });
});

test('row 65: two that share the database know a run that asks both at once as one', async () => {
  await using store = await testDatabase();
  const another = await openDatabase(store.path);
  try {
    const [one, other] = [new InstanceRuns(store.database), new InstanceRuns(another)];
    for (let round = 0; round < 50; round += 1) {
      const run = `run ${round}`;
      const seen = await Promise.all([one, other, one, other].map(async (runs) => runs.see('client', run)));
      expect(new Set(seen.map(({ hash }) => hash)).size).toBe(1);
      const [first, second] = seen as [(typeof seen)[0], (typeof seen)[0]];
      await Promise.all([one.acknowledge(first, round + 2), other.acknowledge(second, round + 1)]);
      expect((await other.see('client', run)).acknowledged).toBe(round + 2);
    }
    const rows = await another.selectFrom('instance_runs').select('run_hash').execute();
    expect(rows).toHaveLength(mostRuns);
  } finally {
    await another.destroy();
  }
});
