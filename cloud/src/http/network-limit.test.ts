import { expect, test } from 'vitest';
import { attemptAll } from '../rate-limit.ts';
import { NetworkLimit, sharesOfOneAccount } from './network-limit.ts';

const minute = { limit: 2, windowMilliseconds: 60_000 };

/** An address in the given /64 of one /48; the first two digits of four are those of its /56. */
const inSite = (subnet: number) => `2001:db8:1:${subnet.toString(16)}::1`;

/** How many attempts pass, of three from each address. */
function passed(limit: NetworkLimit, addresses: readonly string[]): number {
  return addresses
    .flatMap((address) => Array.from({ length: 3 }, () => limit.attempt(address)))
    .filter((seconds) => seconds === 0).length;
}

test('an IPv4 address has a limit of its own, as has each /64', () => {
  const limit = new NetworkLimit(minute);
  expect(passed(limit, ['192.0.2.1', '192.0.2.2', inSite(1), inSite(2)])).toBe(8);
});

const twoHundred = Array.from({ length: 200 }, (_, index) => index);

test.each([
  ['/32', (index: number) => `2001:db8:${index.toString(16)}::1`, '2001:db9::1'],
  ['/16', (index: number) => `192.0.${index}.1`, '192.1.0.1'],
])('row 7: whoever owns a %s has 64 times as much, however it is spread', (_width, addressOf, next) => {
  const limit = new NetworkLimit(minute);
  expect(passed(limit, twoHundred.map(addressOf))).toBe(128);
  expect(limit.attempt(next)).toBe(0);
});

test('row 7: whoever owns a /24 or a /20 has four or sixteen times as much as an address', () => {
  const limit = new NetworkLimit(minute);
  const inBlock = (third: number) => twoHundred.map((last) => `192.0.${third}.${last}`);
  expect(passed(limit, inBlock(0))).toBe(8);
  expect(passed(limit, [1, 2, 3, 4].flatMap(inBlock))).toBe(24);
  expect(passed(limit, inBlock(16))).toBe(8);
});

test('row 7: whoever owns a /56 or a /48 has four or sixteen times as much as a /64, not as many as there are in it', () => {
  const limit = new NetworkLimit(minute);
  expect(
    passed(
      limit,
      Array.from({ length: 200 }, (_, subnet) => inSite(subnet)),
    ),
  ).toBe(8);
  expect(
    passed(
      limit,
      Array.from({ length: 200 }, (_, site) => inSite(0x100 + (site << 8))),
    ),
  ).toBe(24);
  expect(limit.attempt('2001:db8:2::1')).toBe(0);
});

test('what a /64 is refused takes nothing from its neighbours', () => {
  const limit = new NetworkLimit(minute);
  for (let attempt = 0; attempt < 100; attempt += 1) limit.attempt(inSite(1));
  expect(passed(limit, [inSite(2), inSite(3), inSite(4), inSite(5)])).toBe(6);
});

test('each subject has its own, and an account only a little more for a wide network', () => {
  const limit = new NetworkLimit(minute, sharesOfOneAccount);
  const allowed = (subject: string) =>
    Array.from({ length: 200 }, (_, subnet) => attemptAll(limit.keysOf(inSite(subnet << 4), subject))).filter(
      (seconds) => seconds === 0,
    ).length;
  expect([allowed('ann'), allowed('bob')]).toEqual([6, 6]);
  const allowedToProvider = twoHundred.filter(
    (site) => attemptAll(limit.keysOf(`2001:db8:${site.toString(16)}::1`, 'cid')) === 0,
  );
  expect(allowedToProvider).toHaveLength(7);
});
