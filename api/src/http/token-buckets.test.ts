import { expect, test } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

let now = 1_000_000;
const create = () => new TokenBuckets({ perSecond: 2, burst: 5, now: () => now });
const taken = (buckets: TokenBuckets, times: number, key = 'a') =>
  Array.from({ length: times }, () => buckets.take(key)).filter((wait) => wait === 0).length;

test('a burst, then as many as come back', () => {
  const buckets = create();
  expect(taken(buckets, 100)).toBe(5);
  expect(buckets.secondsToWait('a')).toBe(1);
  now += 500;
  expect(buckets.secondsToWait('a')).toBe(0);
  expect(taken(buckets, 100)).toBe(1);
  now += 1_000;
  expect(taken(buckets, 100)).toBe(2);
  now += 3_600_000;
  expect(taken(buckets, 100)).toBe(5);
});

test('in small steps as much as in one', () => {
  const buckets = create();
  taken(buckets, 5);
  let sum = 0;
  for (let step = 0; step < 100; step++) {
    now += 100;
    sum += taken(buckets, 1);
  }
  expect(sum).toBe(20);
});

test('each key has its own', () => {
  const buckets = create();
  taken(buckets, 100);
  expect(taken(buckets, 100, 'b')).toBe(5);
});

test('asking takes nothing, and a clock that is set back gives nothing', () => {
  const buckets = create();
  for (let times = 0; times < 10; times++) expect(buckets.secondsToWait('a')).toBe(0);
  expect(taken(buckets, 100)).toBe(5);
  now -= 60_000;
  expect(taken(buckets, 100)).toBe(0);
  now += 1_000;
  expect(taken(buckets, 100)).toBe(2);
});
