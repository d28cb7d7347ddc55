import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type InstanceFlags, parseInstanceConfig } from './config.ts';
import { reachWarnings } from './reach-config.ts';

const parse = (flags: Partial<InstanceFlags>) =>
  parseInstanceConfig({
    dataPath: 'data',
    listen: '127.0.0.1:8080',
    cloud: 'https://cloud.example.com',
    keys: { directory: 'keys' },
    webApp: 'dist',
    ...flags,
  }).reach;

test('what says how an instance is reached', () => {
  expect(
    parse({
      publicUrl: 'https://Lab.example.com/',
      allowHost: ['Lab.local', 'lab.local:8443', '[fd00::1]:1', 'my_box'],
      trustedProxy: ['127.0.0.1', '10.0.0.0/8', 'FD00::/8'],
      dpopNonce: true,
      tlsCert: 'cert.pem',
      tlsKey: 'key.pem',
    }),
  ).toEqual({
    publicUrl: 'https://lab.example.com',
    allowedHosts: ['lab.local', 'lab.local:8443', '[fd00::1]:1', 'my_box'],
    trustedProxies: ['127.0.0.1/32', '10.0.0.0/8', 'fd00::/8'],
    dpopNonce: true,
    tls: { kind: 'files', certificateFile: resolve('cert.pem'), keyFile: resolve('key.pem') },
  });
  expect(parse({ tls: 'self-signed' })?.tls).toEqual({ kind: 'self-signed' });
  expect(parse({ publicUrl: 'http://localhost:9000' })?.publicUrl).toBe('http://localhost:9000');
});

test('one message names every bad value', () => {
  const bad = {
    publicUrl: 'http://lab.example.com',
    allowHost: ['lab.example.com', 'https://lab.example.com', '*.example.com'],
    trustedProxy: ['localhost', '10.0.0.0/33'],
    tlsCert: 'cert.pem',
  };
  expect(() => parse(bad)).toThrow(
    new RegExp(
      [
        '“http://lab.example.com” cannot be the public address.*--public-url',
        '“https://lab.example.com” is not a host name.*--allow-host',
        '“\\*.example.com” is not a host name.*',
        '“localhost” is not an address range.*--trusted-proxy',
        '“10.0.0.0/33” is not an address range.*',
        'A certificate needs its key.*',
      ].join('[^\\n]*\\n'),
    ),
  );
});

test.each([
  'lab.example.com',
  'https://lab.example.com/path',
  'https://lab.example.com?x',
  'https://user@lab.example.com',
  'ftp://lab.example.com',
  '',
])('“%s” is no public address', (publicUrl) => {
  expect(() => parse({ publicUrl })).toThrow('cannot be the public address');
});

test.each([
  'lab.example.com.',
  '.lab',
  'lab..example',
  'lab.example.com:0',
  'lab.example.com:65536',
  'user@lab',
  'lab/x',
  '::1',
  '[0::1]',
  '127.1',
  '',
])('“%s” is no allowed host', (host) => {
  expect(() => parse({ allowHost: [host] })).toThrow('is not a host name');
});

test('nobody trusts everybody', () => {
  for (const everybody of ['0.0.0.0/0', '::/0'])
    expect(() => parse({ trustedProxy: [everybody] })).toThrow('would let everybody claim');
});

test('a certificate comes from one source', () => {
  expect(() => parse({ tls: 'self-signed', tlsCert: 'a', tlsKey: 'b' })).toThrow('from one source only');
  expect(() => parse({ tlsKey: 'b' })).toThrow('A certificate needs its key');
  expect(() => parse({ tlsCert: 'a', tlsKey: '' })).toThrow('A certificate needs its key');
});

const warningsOf = (...reach: Parameters<typeof reachWarnings>) =>
  reachWarnings(...reach).map(({ message, remedy }) => `${message} ${remedy}`);

describe('row 39: reachable for others over plain HTTP', () => {
  const https = 'https://lab.example.com';

  test('is said, with the way out', () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.7', 'lab.local'])
      expect(warningsOf(host, {})).toEqual([
        expect.stringMatching(/plain HTTP.*--tls self-signed.*--public-url/),
      ]);
    expect(warningsOf('0.0.0.0', { publicUrl: 'http://localhost:9000' })[0]).toContain('plain HTTP');
  });

  test('is not so on loopback, over TLS and behind a proxy', () => {
    for (const host of ['127.0.0.1', 'localhost', '::1']) expect(warningsOf(host, {})).toEqual([]);
    expect(warningsOf('0.0.0.0', { tls: { kind: 'self-signed' } })).toEqual([]);
    expect(warningsOf('0.0.0.0', { publicUrl: https, trustedProxies: ['127.0.0.1/32'] })).toEqual([]);
  });

  test('behind a proxy that is not trusted all visitors are one', () => {
    expect(warningsOf('127.0.0.1', { publicUrl: https })).toEqual([
      expect.stringMatching(/^All visitors of https:\/\/lab.example.com count as one.*--trusted-proxy/),
    ]);
    expect(warningsOf('127.0.0.1', { publicUrl: https, tls: { kind: 'self-signed' } })).toEqual([]);
  });
});
