import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createFarEnd } from './client-address.ts';
import { networksOf } from './networks.ts';

const { clientAddressOf, schemeOf, peerNetworksOf } = createFarEnd([
  '10.0.0.0/8',
  '127.0.0.1/32',
  '2001:db8:f::/48',
]);

function request(peer: string | undefined, headers: IncomingMessage['headers'] = {}, isEncrypted = false) {
  const socket = { remoteAddress: peer, ...(isEncrypted && { encrypted: true }) };
  return { headers, socket } as unknown as IncomingMessage;
}

describe('row 5: the address of the client', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['FE80::1%eth0', 'fe80::1'],
    ['::ffff:c000:24d', '192.0.2.77'],
    ['0:0:0:0:0:FFFF:192.0.2.77', '192.0.2.77'],
    [undefined, ''],
  ])('of the peer %s is written as “%s”', (peer, address) => {
    expect(clientAddressOf(request(peer))).toBe(address);
  });

  test.each([
    { 'x-forwarded-for': '198.51.100.7' },
    { forwarded: 'for=198.51.100.7' },
    { 'x-real-ip': '198.51.100.7' },
  ])('a stranger does not choose it with %j', (headers) => {
    expect(clientAddressOf(request('192.0.2.1', headers))).toBe('192.0.2.1');
  });

  test('without trusted proxies nobody is believed', () => {
    const { clientAddressOf } = createFarEnd();
    expect(clientAddressOf(request('127.0.0.1', { 'x-forwarded-for': '198.51.100.7' }))).toBe('127.0.0.1');
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
    expect(clientAddressOf(request('127.0.0.1', { 'x-forwarded-for': header }))).toBe(address);
  });

  test.each([
    ['for=198.51.100.7', '198.51.100.7'],
    ['For="[2001:db8::7]:4711";proto=https;by=10.0.0.1', '2001:db8::7'],
    ['for=1.2.3.4, for=198.51.100.7;proto=http, for=10.1.2.3', '198.51.100.7'],
    ['for="1.2.3.4, for=198.51.100.7"', '127.0.0.1'],
    ['for=198.51.100.7, for=_hidden', '127.0.0.1'],
    ['for=198.51.100.7 for=1.2.3.4', '127.0.0.1'],
    ['for=198.51.100.7, nonsense', '127.0.0.1'],
    ['for="198.51.100.7', '127.0.0.1'],
  ])('behind a proxy that says Forwarded: %s it is %s', (forwarded, address) => {
    expect(clientAddressOf(request('127.0.0.1', { forwarded }))).toBe(address);
  });

  test('a Forwarded that the proxy passes on does not outdo what the proxy says itself', () => {
    const headers = { forwarded: 'for=1.2.3.4', 'x-forwarded-for': '198.51.100.7' };
    expect(clientAddressOf(request('127.0.0.1', headers))).toBe('198.51.100.7');
  });

  test('row 37: thousands of steps that a client made up take about as long as to tell them apart', () => {
    const header = `${'::1,'.repeat(4_000)}198.51.100.7`;
    const fastest = (act: () => unknown) =>
      Math.min(
        ...Array.from({ length: 30 }, () => {
          const begunAt = performance.now();
          act();
          return performance.now() - begunAt;
        }),
      );
    const splitting = fastest(() => header.split(',').toReversed());
    const incoming = request('127.0.0.1', { 'x-forwarded-for': header });
    expect(fastest(() => clientAddressOf(incoming))).toBeLessThan(5 * splitting);
  });
});

describe('the scheme of the client', () => {
  test('is the connection’s, unless a trusted proxy tells it', () => {
    expect(schemeOf(request('192.0.2.1'))).toBe('http');
    expect(schemeOf(request('192.0.2.1', {}, true))).toBe('https');
    expect(schemeOf(request('192.0.2.1', { 'x-forwarded-proto': 'https' }))).toBe('http');
    expect(schemeOf(request('127.0.0.1', { 'x-forwarded-proto': 'https' }))).toBe('https');
    expect(schemeOf(request('127.0.0.1', { 'x-forwarded-proto': 'http, https' }))).toBe('https');
    expect(schemeOf(request('127.0.0.1', { 'x-forwarded-proto': 'gopher' }))).toBe('http');
    expect(schemeOf(request('127.0.0.1', { forwarded: 'for=1.2.3.4;proto=https' }))).toBe('https');
  });
});

describe('what limits count by', () => {
  test.each([
    '2001:db8:0:1::1',
    '2001:0db8:0000:0001::1',
    '2001:DB8:0:1:0:0:0:1',
    '[2001:db8::1:0:0:0:1]:443',
  ])('row 5: %s counts like every other spelling of it', (spelling) => {
    const address = clientAddressOf(request('127.0.0.1', { 'x-forwarded-for': spelling }));
    expect([address, networksOf(address)[0]]).toEqual(['2001:db8:0:1::1', '2001:db8:0:1/64']);
  });
});

describe('row 37: what a connection counts for', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1/32'],
    ['::ffff:192.0.2.1', '192.0.2.1/32'],
    ['2001:db8:1:2:3::', '2001:db8:1:2/64'],
    // A proxy that nobody declared speaks for many too.
    ['127.0.0.1', undefined],
    ['127.0.0.9', undefined],
    ['::1', undefined],
    ['::ffff:127.0.0.1', undefined],
    ['10.1.2.3', undefined],
    ['2001:db8:f::7', undefined],
  ])('%s: %s', (remoteAddress, network) => expect(peerNetworksOf({ remoteAddress })[0]).toBe(network));
});
