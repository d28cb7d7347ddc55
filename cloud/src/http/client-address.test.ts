import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { clientAddress, networksOf, noteClientAddress, peerNetworksOf } from './client-address.ts';
import { trustedProxies } from './trusted-proxies.ts';

const trusted = trustedProxies(['10.0.0.0/8', '127.0.0.1/32', '2001:db8:f::/48']);

function addressOf(peer: string | undefined, headers: IncomingMessage['headers'] = {}, proxies = trusted) {
  const incoming = { headers, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
  noteClientAddress(incoming, proxies);
  return clientAddress(incoming);
}

describe('row 5: the address of the client', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['FE80::1%eth0', 'fe80::1'],
    ['::ffff:c000:24d', '192.0.2.77'],
    ['0:0:0:0:0:FFFF:192.0.2.77', '192.0.2.77'],
    [undefined, ''],
  ])('of the peer %s is written as “%s”', (peer, address) => expect(addressOf(peer)).toBe(address));

  test('a stranger does not choose it', () => {
    expect(addressOf('192.0.2.1', { 'x-forwarded-for': '198.51.100.7' })).toBe('192.0.2.1');
  });

  test('without trusted proxies nobody is believed', () => {
    const none = trustedProxies();
    expect(addressOf('127.0.0.1', { 'x-forwarded-for': '198.51.100.7' }, none)).toBe('127.0.0.1');
  });

  test.each([
    ['198.51.100.7', '198.51.100.7'],
    ['198.51.100.7:4711', '198.51.100.7'],
    ['[2001:DB8::7]:4711', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
    // What stands left of the first stranger is what that stranger wrote.
    ['1.2.3.4, 198.51.100.7', '198.51.100.7'],
    ['1.2.3.4, 10.0.0.1, 198.51.100.7, 10.1.2.3', '198.51.100.7'],
    ['198.51.100.7, 2001:db8:f::1, ::ffff:10.1.2.3', '198.51.100.7'],
    ['10.9.9.9, 10.1.2.3', '10.9.9.9'],
    ['198.51.100.7, nonsense', '127.0.0.1'],
    ['198.51.100.7, unknown, 10.1.2.3', '10.1.2.3'],
    ['', '127.0.0.1'],
  ])('behind a proxy that says “%s” it is %s', (header, address) => {
    expect(addressOf('127.0.0.1', { 'x-forwarded-for': header })).toBe(address);
  });

  test.each([{ forwarded: 'for=198.51.100.7' }, { 'x-real-ip': '198.51.100.7' }])(
    'nobody chooses it with %j, which proxies pass on from their clients',
    (headers) => expect(addressOf('127.0.0.1', headers)).toBe('127.0.0.1'),
  );
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('the narrowest network of %s is “%s”', (address, network) =>
  expect(networksOf(address).at(-1)).toBe(network),
);

test.each(['2001:db8:0:1::1', '2001:0db8:0000:0001::1', '2001:DB8:0:1:0:0:0:1', '[2001:db8::1:0:0:0:1]:443'])(
  'row 5: %s counts like every other spelling of it',
  (spelling) => {
    const address = addressOf('127.0.0.1', { 'x-forwarded-for': spelling });
    expect([address, networksOf(address).at(-1)]).toEqual(['2001:db8:0:1::1', '2001:db8:0:1::/64']);
  },
);

test('one subscriber has one network, the next another', () => {
  expect(networksOf('2001:db8:1:2::1')).toEqual(networksOf('2001:db8:1:2:ffff:ffff:ffff:ffff'));
  expect(networksOf('2001:db8:1:2::1').at(-1)).not.toBe(networksOf('2001:db8:1:3::1').at(-1));
});

test.each([
  ['192.0.2.1', ['192.0.0.0/16', '192.0.0.0/20', '192.0.2.0/24', '192.0.2.1']],
  ['198.51.255.7', ['198.51.0.0/16', '198.51.240.0/20', '198.51.255.0/24', '198.51.255.7']],
  [
    '2001:db8:1:2f3:4:5:6:7',
    ['2001:db8::/32', '2001:db8:1::/48', '2001:db8:1:200::/56', '2001:db8:1:2f3::/64'],
  ],
  ['2001:db8::1', ['2001:db8::/32', '2001:db8:0::/48', '2001:db8:0:0::/56', '2001:db8:0:0::/64']],
  ['', ['']],
])('%s belongs to %j', (address, networks) => expect(networksOf(address)).toEqual(networks));

test.each([
  ['192.0.2.1', ['192.0.0.0/16', '192.0.0.0/20', '192.0.2.0/24', '192.0.2.1']],
  ['::ffff:192.0.2.1', ['192.0.0.0/16', '192.0.0.0/20', '192.0.2.0/24', '192.0.2.1']],
  ['10.1.2.3', undefined],
  ['127.0.0.2', undefined],
  ['::ffff:127.0.0.2', undefined],
  ['::1', undefined],
  [undefined, ['']],
])('a connection of %s counts as one of %j', (remoteAddress, networks) =>
  expect(peerNetworksOf({ remoteAddress }, trusted)).toEqual(networks),
);
