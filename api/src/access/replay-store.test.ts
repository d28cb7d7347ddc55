import { expect, test } from 'vitest';
import { ReplayStore } from './replay-store.ts';

test('what has expired makes room', () => {
  const store = new ReplayStore(2);
  expect(store.use('a', 10_000, 0)).toBe('first-use');
  expect(store.use('b', 20_000, 0)).toBe('first-use');
  expect(store.use('c', 30_000, 9_000)).toBe('full');
  expect(store.use('c', 30_000, 11_000)).toBe('first-use');
  expect(store.use('b', 20_000, 11_000)).toBe('replayed');
  expect(store.size).toBe(2);
});
