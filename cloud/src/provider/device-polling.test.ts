import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { moveClock } from '../../test/test-cloud.ts';
import { testDatabase } from '../../test/test-database.ts';
import { defaultLifetimes } from '../lifetimes.ts';
import { judgePoll } from './device-polling.ts';

let store: Awaited<ReturnType<typeof testDatabase>>;

beforeEach(async () => {
  store = await testDatabase();
  moveClock(0);
});

afterEach(async () => {
  vi.useRealTimers();
  await store[Symbol.asyncDispose]();
});

const poll = async (code = 'code') => judgePoll(store.database, code, defaultLifetimes);

test('a poll may be a quarter of a second early, not more', async () => {
  expect(await poll()).toBe('authorization_pending');
  moveClock(1.75);
  expect(await poll()).toBe('authorization_pending');
  moveClock(1.749);
  expect(await poll()).toBe('slow_down');
});

test('the interval counts from the last poll, not from the first', async () => {
  await poll();
  moveClock(60);
  expect(await poll()).toBe('authorization_pending');
  moveClock(1);
  expect(await poll()).toBe('slow_down');
});

test('the code itself is not stored', async () => {
  await poll('a secret code');
  const rows = await store.database.selectFrom('device_polls').selectAll().execute();
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain('a secret code');
});
