import { expect, test } from 'vitest';
import { keyPeriods, retirementSeconds, type ScheduledKey } from './key-schedule.ts';

const now = 1_900_000_000;
interface Key extends ScheduledKey {
  readonly kid: string;
}

const first: Key = { kid: 'first' };
const at = (kid: string, nbf: number): Key => ({ kid, nbf });

/** `kid state`, of those that are published. */
const stateOf = (keys: readonly Key[], time = now) =>
  keyPeriods(keys, time).map(({ key, state }) => `${key.kid} ${state}`);

test('the only key signs from the beginning, and has no end', () => {
  expect(keyPeriods([first], now)).toEqual([{ key: first, state: 'signs', publishedUntil: undefined }]);
});

test('a new key is published before it signs, to the second', () => {
  const keys = [first, at('second', now)];
  expect(stateOf(keys, now - 1)).toEqual(['first signs', 'second waits']);
  expect(stateOf(keys, now)).toEqual(['first retired', 'second signs']);
});

test('the newest whose time has come signs, in whatever order they are stored', () => {
  const keys = [at('third', now - 10), first, at('fourth', now + 10), at('second', now - 20)];
  expect(stateOf(keys)).toEqual(['first retired', 'second retired', 'third signs', 'fourth waits']);
});

test('row 25: a key is published for as long as a token that it has signed may live', () => {
  expect(retirementSeconds).toBeGreaterThan(24 * 60 * 60 + 60);
  const keys = [first, at('second', now)];
  expect(keyPeriods(keys, now)[0]?.publishedUntil).toBe(now + retirementSeconds);
  expect(stateOf(keys, now + retirementSeconds - 1)).toEqual(['first retired', 'second signs']);
  expect(stateOf(keys, now + retirementSeconds)).toEqual(['second signs']);
});

test('where the clock was set back before all of them, the oldest signs', () => {
  expect(stateOf([at('one', now + 10), at('two', now + 20)])).toEqual(['one signs', 'two waits']);
});
