import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { moveClock } from '../../test/test-cloud.ts';
import { testDatabase } from '../../test/test-database.ts';
import { expiredRetentionSeconds, OAuthRecordAdapter, raceGraceSeconds, sweepExpired } from './adapter.ts';

let store: Awaited<ReturnType<typeof testDatabase>>;
let codes: OAuthRecordAdapter;
let proofs: OAuthRecordAdapter;

beforeEach(async () => {
  store = await testDatabase();
  codes = new OAuthRecordAdapter('DeviceCode', store.database);
  proofs = new OAuthRecordAdapter('ReplayDetection', store.database);
});

afterEach(async () => {
  vi.useRealTimers();
  await store[Symbol.asyncDispose]();
});

const rows = async () => store.database.selectFrom('oauth_records').selectAll().execute();

describe('what is stored', () => {
  test('is found by its identifier and by its user code', async () => {
    await codes.upsert(
      'secret',
      { jti: 'secret', kind: 'DeviceCode', grantId: 'g', userCode: 'BCDFGHJK' },
      60,
    );
    expect(await codes.find('secret')).toEqual({ jti: 'secret', kind: 'DeviceCode', grantId: 'g' });
    expect(await codes.findByUserCode('BCDFGHJK')).toMatchObject({
      kind: 'DeviceCode',
      userCode: 'BCDFGHJK',
    });
    expect(await codes.find('other')).toBeUndefined();
    expect(await codes.findByUserCode('BCDFGHJL')).toBeUndefined();
  });

  test('does not contain either', async () => {
    await codes.upsert('secret', { jti: 'secret', userCode: 'BCDFGHJK', consumed: true }, 60);
    const text = JSON.stringify(await rows());
    expect(text).not.toMatch(/secret|BCDFGHJK|consumed":true/);
  });

  test('belongs to one kind', async () => {
    await codes.upsert('id', { kind: 'DeviceCode' }, 60);
    const tokens = new OAuthRecordAdapter('RefreshToken', store.database);
    expect(await tokens.find('id')).toBeUndefined();
    await tokens.destroy('id');
    expect(await codes.find('id')).toBeDefined();
    await codes.destroy('id');
    expect(await codes.find('id')).toBeUndefined();
  });

  test('ends with its grant, alone', async () => {
    await codes.upsert('a', { grantId: 'g1' }, 60);
    await codes.upsert('b', { grantId: 'g2' }, 60);
    await codes.revokeByGrantId('g1');
    expect(await codes.find('a')).toBeUndefined();
    expect(await codes.find('b')).toBeDefined();
  });

  test('may be written again, but is not used less for it', async () => {
    await codes.upsert('id', { scope: 'a' }, 60);
    await codes.consume('id');
    await codes.upsert('id', { scope: 'b' }, 60);
    expect(await codes.find('id')).toMatchObject({ scope: 'b' });
    await expect(codes.consume('id')).rejects.toThrow('invalid_grant');
  });
});

describe('row 13: use', () => {
  test('of 1,000 codes, each by five at once, is granted once each', async () => {
    for (let round = 0; round < 1_000; round += 1) {
      const id = `code-${round}`;
      await codes.upsert(id, {}, 60);
      const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(async () => codes.consume(id)));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test('of what does not exist is refused', async () => {
    await expect(codes.consume('nothing')).rejects.toThrow('invalid_grant');
  });

  test('shows itself only after the grace of a race', async () => {
    await codes.upsert('id', {}, 60);
    await codes.consume('id');
    expect(await codes.find('id')).not.toHaveProperty('consumed');
    moveClock(raceGraceSeconds);
    expect(await codes.find('id')).not.toHaveProperty('consumed');
    moveClock(1);
    expect(await codes.find('id')).toHaveProperty('consumed');
  });

  test('of a denied code is no use: everybody hears why', async () => {
    await codes.upsert('id', { error: 'access_denied' }, 60);
    await codes.consume('id');
    await codes.consume('id');
    expect(await codes.find('id')).not.toHaveProperty('consumed');
  });
});

describe('row 20: a proof', () => {
  test('counts once while it could be accepted', async () => {
    await proofs.upsert('jti', {}, 300);
    await expect(proofs.upsert('jti', {}, 300)).rejects.toThrow('invalid_grant');
    moveClock(299);
    await expect(proofs.upsert('jti', {}, 300)).rejects.toThrow('invalid_grant');
    moveClock(2);
    await proofs.upsert('jti', {}, 300);
    await expect(proofs.upsert('jti', {}, 300)).rejects.toThrow('invalid_grant');
  });

  test('of 20 at once, one is the first', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, async () => proofs.upsert('jti', {}, 300)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

test('sweeping deletes what expired more than an hour ago, and nothing that has no end', async () => {
  await codes.upsert('short', {}, 60);
  await codes.upsert('long', {}, 3_600);
  await codes.upsert('endless', {});
  const names = async () => {
    const found = await Promise.all(
      ['short', 'long', 'endless'].map(async (id) => [id, await codes.find(id)] as const),
    );
    return found.filter(([, payload]) => payload !== undefined).map(([id]) => id);
  };
  moveClock(60 + expiredRetentionSeconds);
  await sweepExpired(store.database);
  expect(await names()).toEqual(['short', 'long', 'endless']);
  moveClock(2);
  await sweepExpired(store.database);
  expect(await names()).toEqual(['long', 'endless']);
  moveClock(365 * 86_400);
  await sweepExpired(store.database);
  expect(await names()).toEqual(['endless']);
});
