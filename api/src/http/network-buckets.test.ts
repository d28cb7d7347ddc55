import { expect, test } from 'vitest';
import { NetworkBuckets } from './network-buckets.ts';
import { networksOf } from './networks.ts';

const create = () => new NetworkBuckets({ perSecond: 2, burst: 5, now: () => 1_000_000 });
const taken = (buckets: NetworkBuckets, addresses: readonly string[]) =>
  addresses.filter((address) => buckets.take(networksOf(address)) === 0).length;
const addressesIn = (count: number, write: (index: string) => string) =>
  Array.from({ length: count }, (_, index) => write(index.toString(16)));

test.each([
  ['/64', 5, addressesIn(100, (index) => `2001:db8:1:1::${index}`)],
  ['/56', 20, addressesIn(256, (index) => `2001:db8:1:${index}::1`)],
  ['/48', 80, addressesIn(256, (index) => `2001:db8:1:${index}00::1`)],
  // More than are remembered of the narrow ones.
  ['/32', 320, addressesIn(20_000, (index) => `2001:db8:${index}::1`)],
])('whoever has a %s takes %i, from however many addresses', (_network, count, addresses) => {
  const buckets = create();
  expect(taken(buckets, addresses)).toBe(count);
  expect(buckets.secondsToWait(networksOf(addresses[0] ?? ''))).toBe(1);
  expect(
    taken(
      buckets,
      addressesIn(100, () => '2001:db9::1'),
    ),
  ).toBe(5);
});

test('what is refused to a narrow network takes nothing from those beside it', () => {
  const buckets = create();
  taken(
    buckets,
    addressesIn(1_000, () => '2001:db8:1:1::1'),
  );
  expect(
    taken(
      buckets,
      addressesIn(1_000, () => '2001:db8:1:2::1'),
    ),
  ).toBe(5);
});
