import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { clientAddress, rateLimitKey } from './client-address.ts';

const from = (remoteAddress: string | undefined) =>
  clientAddress({ socket: { remoteAddress } } as IncomingMessage);

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:c000:201', '::ffff:c000:201'],
  [undefined, ''],
])('%s is written as “%s”', (remoteAddress, address) => expect(from(remoteAddress)).toBe(address));

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('%s counts as “%s”', (address, key) => expect(rateLimitKey(address)).toBe(key));

test('one subscriber has one key, the next another', () => {
  expect(rateLimitKey('2001:db8:1:2::1')).toBe(rateLimitKey('2001:db8:1:2:ffff:ffff:ffff:ffff'));
  expect(rateLimitKey('2001:db8:1:2::1')).not.toBe(rateLimitKey('2001:db8:1:3::1'));
});
