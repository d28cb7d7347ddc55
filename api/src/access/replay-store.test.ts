import { expect, test } from 'vitest';
import { ReplayStore } from './replay-store.ts';

const capacity = { members: 9_000, strangers: 900 };
const seconds = 1_000;

const proofOf = (account: string, jkt: string, jti: string, isMember = true) => ({
  ...{ holder: { account, isMember }, jkt, jti },
});

/** Uses proofs of one key until one is refused. @returns how many were not */
function useUp(store: ReplayStore, account: string, jkt: string, isMember = true): number {
  for (let count = 0; ; count += 1) {
    const outcome = store.use(proofOf(account, jkt, `${count}`, isMember), 60 * seconds, 0);
    if (outcome === 'too-many') return count;
    expect(outcome).toBe('first-use');
    expect(count).toBeLessThan(capacity.members);
  }
}

test('a proof is used once, by its account, key and identifier', () => {
  const store = new ReplayStore(capacity);
  expect(store.use(proofOf('ann', 'key', 'a'), 60 * seconds, 0)).toBe('first-use');
  expect(store.use(proofOf('ann', 'key', 'a'), 60 * seconds, 0)).toBe('replayed');
  expect(store.use(proofOf('ann', 'other', 'a'), 60 * seconds, 0)).toBe('first-use');
  expect(store.use(proofOf('bob', 'key', 'a'), 60 * seconds, 0)).toBe('first-use');
  expect(store.size).toBe(3);
});

test('what has expired makes room', () => {
  const store = new ReplayStore(capacity);
  const used = useUp(store, 'ann', 'key');
  expect(store.use(proofOf('bob', 'key', 'b'), 90 * seconds, 0)).toBe('first-use');
  expect(store.use(proofOf('ann', 'key', 'c'), 90 * seconds, 59 * seconds)).toBe('too-many');
  expect(store.use(proofOf('ann', 'key', 'c'), 90 * seconds, 62 * seconds)).toBe('first-use');
  expect(store.use(proofOf('bob', 'key', 'b'), 90 * seconds, 62 * seconds)).toBe('replayed');
  expect(store.use(proofOf('ann', 'key', `${used - 1}`), 130 * seconds, 62 * seconds)).toBe('first-use');
  expect(store.size).toBe(3);
});

test('a key that has used up its share is refused, other keys of its account and other accounts are not', () => {
  const store = new ReplayStore(capacity);
  expect(useUp(store, 'mallory', 'key')).toBe(capacity.members / 9);
  expect(store.use(proofOf('mallory', 'key', '0'), 60 * seconds, 0)).toBe('replayed');
  expect(useUp(store, 'mallory', 'other')).toBeGreaterThan(300);
  expect(useUp(store, 'ann', 'key')).toBeGreaterThan(700);
});

test('many keys of one account share what the account has, a fifth of all', () => {
  const store = new ReplayStore(capacity);
  for (let key = 0; key < 100; key += 1) useUp(store, 'mallory', `key-${key}`);
  expect(store.size).toBeLessThanOrEqual(capacity.members / 5);
  expect(useUp(store, 'ann', 'key')).toBe(800);
});

test('many accounts that take all they can leave room for the next', () => {
  const store = new ReplayStore(capacity);
  for (let account = 0; account < 100; account += 1)
    for (let key = 0; key < 5; key += 1) useUp(store, `account-${account}`, `key-${key}`);
  expect(useUp(store, 'ann', 'key')).toBe(64);
});

test('and those are bounded too', () => {
  const store = new ReplayStore(capacity);
  for (let account = 0; account < 1_500; account += 1) useUp(store, `account-${account}`, 'key');
  expect(store.size).toBeLessThanOrEqual(capacity.members + 1_000 * 64);
  expect(useUp(store, 'ann', 'key')).toBe(0);
});

test('strangers take none of the room of members, and what they used stays used once they are members', () => {
  const store = new ReplayStore(capacity);
  for (let account = 0; account < 100; account += 1) useUp(store, `account-${account}`, 'key', false);
  expect(store.size).toBeLessThanOrEqual(capacity.strangers + 100 * 64);
  expect(useUp(store, 'ann', 'key')).toBe(capacity.members / 9);
  expect(store.use(proofOf('account-1', 'key', '0', true), 60 * seconds, 0)).toBe('replayed');
});
