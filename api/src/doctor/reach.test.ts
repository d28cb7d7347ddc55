import { describe, expect, test } from 'vitest';
import type { Reach } from '../reach-config.ts';
import { examineReach } from './reach.ts';

const examine = (reach: Reach, host = '127.0.0.1', allowedOrigins: string[] = []) =>
  examineReach({ listen: { host, port: 8443 }, reach, allowedOrigins });
const publicUrl = 'https://lab.example.com';
const warned = (check: string, message: string, remedy: string) => [
  {
    check,
    verdict: 'warning',
    message: expect.stringContaining(message),
    remedy: expect.stringContaining(remedy),
  },
];

test('nothing is wrong with an instance for this machine, behind a proxy, or with TLS', () => {
  expect(examine({})).toMatchObject([{ verdict: 'ok', message: 'It answers to its own address.' }]);
  expect(examine({ publicUrl, trustedProxies: ['127.0.0.1/32'] })).toMatchObject([
    { verdict: 'ok', message: `It is for ${publicUrl}.` },
  ]);
  expect(
    examine({ tls: { kind: 'self-signed' }, allowedHosts: ['lab.local'] }, '0.0.0.0', [
      'https://other.example.com',
      'http://127.0.0.1:8080',
    ]),
  ).toMatchObject([{ verdict: 'ok', message: 'It answers to its own address and to lab.local.' }]);
});

test('row 39: plain HTTP for others', () => {
  expect(examine({}, '192.168.0.7')).toEqual(warned('Reach', 'over plain HTTP', '--tls self-signed'));
});

test('a proxy that nobody trusts', () => {
  expect(examine({ publicUrl })).toEqual(warned('Reach', 'count as one', '--trusted-proxy'));
});

describe('row 5: proxies', () => {
  const proxies = (range: string) => examine({ publicUrl, trustedProxies: [range] });

  test.each([
    ...['127.0.0.1/32', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '203.0.113.0/24'],
    ...['::1/128', 'fd00::/8', '2001:db8:1::/48'],
  ])('%s may be those of one operator', (range) => {
    expect(proxies(range)).toMatchObject([{ verdict: 'ok' }]);
  });

  test.each([
    '203.0.113.0/23',
    '192.168.0.0/8',
    '172.16.0.0/11',
    '10.0.0.0/7',
    '128.0.0.0/1',
    '2001:db8::/32',
    'fc00::/6',
    '8000::/1',
  ])('%s are too many', (range) => {
    expect(proxies(range)).toEqual(warned('Proxies', range, '--trusted-proxy'));
  });
});

test('names by which nobody comes', () => {
  expect(examine({ allowedHosts: ['lab.local', 'localhost:9000'] })).toEqual(
    warned('Names', 'to lab.local, but', '--listen'),
  );
  expect(examine({ allowedHosts: ['localhost:9000'] })).toMatchObject([{ verdict: 'ok' }]);
  expect(examine({ allowedHosts: ['lab.local'], trustedProxies: ['127.0.0.1/32'] })).toMatchObject([
    { verdict: 'ok' },
  ]);
});

test('row 34: pages that came over plain HTTP', () => {
  expect(examine({}, '127.0.0.1', ['http://lab.example.com:8080'])).toEqual(
    warned('Origins', 'http://lab.example.com:8080', 'https://lab.example.com:8080'),
  );
});
