import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { createFarEnd } from './client-address.ts';
import { createHostCheck, type HostCheckOptions } from './host-check.ts';

function check(options: Partial<HostCheckOptions>, trustedProxies: readonly string[] = []) {
  const originOf = createHostCheck({
    address: { host: '127.0.0.1', port: 8080 },
    schemeOf: createFarEnd(trustedProxies).schemeOf,
    ...options,
  });
  return (host: string, { headers = {}, isEncrypted = false } = {}) =>
    originOf({
      rawHeaders: ['Host', host],
      url: '/',
      method: 'GET',
      headers,
      socket: { remoteAddress: '127.0.0.1', ...(isEncrypted && { encrypted: true }) },
    } as unknown as IncomingMessage);
}

describe('row 4, 5: the names of an instance', () => {
  test('behind a proxy: the public one, by its own scheme, and the local ones', () => {
    const originOf = check({ publicUrl: 'https://lab.example.com' });
    expect(originOf('lab.example.com')).toBe('https://lab.example.com');
    expect(originOf('LAB.example.com:443')).toBe('https://lab.example.com');
    expect(originOf('127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
    for (const other of [
      'lab.example.com:80',
      'lab.example.com:8080',
      'lab.example.com.',
      'x.lab.example.com',
      'user@lab.example.com',
      ' lab.example.com',
      'lab.example.com ',
      'lab.example.com,evil.test',
      'lab.example.com:',
      'lab.example.com:0443',
      'https://lab.example.com',
      'lab.example.com/',
      'lab%2eexample.com',
    ])
      expect(originOf(other), other).toBeUndefined();
  });

  test('a public address with a port', () => {
    const originOf = check({ publicUrl: 'https://lab.example.com:8443' });
    expect(originOf('lab.example.com:8443')).toBe('https://lab.example.com:8443');
    expect(originOf('lab.example.com')).toBeUndefined();
    expect(originOf('lab.example.com:443')).toBeUndefined();
  });

  test('allowed ones: without a port on the default port and on its own, with one on that', () => {
    const originOf = check({
      allowedHosts: ['lab.local', 'other.local:9000', 'plain.local:80', '[fd00::1]'],
    });
    expect(originOf('lab.local')).toBe('http://lab.local');
    expect(originOf('lab.local:80')).toBe('http://lab.local');
    expect(originOf('Lab.Local:8080')).toBe('http://lab.local:8080');
    expect(originOf('lab.local:443')).toBeUndefined();
    expect(originOf('lab.local:8081')).toBeUndefined();
    expect(originOf('other.local:9000')).toBe('http://other.local:9000');
    expect(originOf('other.local')).toBeUndefined();
    expect(originOf('other.local:8080')).toBeUndefined();
    expect(originOf('plain.local')).toBe('http://plain.local');
    expect(originOf('[fd00::1]:8080')).toBe('http://[fd00::1]:8080');
    expect(originOf('[FD00:0::1]:8080')).toBeUndefined();
  });

  test('two ports are not one', () => {
    const originOf = check({ publicUrl: 'https://lab.example.com:8443', allowedHosts: ['lab.local'] });
    for (const other of [
      'localhost:8080:80',
      'lab.local:8080:80',
      'lab.local:80:80',
      'lab.example.com:8443:443',
    ])
      expect(originOf(other), other).toBeUndefined();
  });

  test('over TLS the default port is 443 and the scheme https', () => {
    const originOf = check({ address: { host: '127.0.0.1', port: 443 }, allowedHosts: ['lab.local'] });
    const isEncrypted = true;
    expect(originOf('127.0.0.1', { isEncrypted })).toBe('https://127.0.0.1');
    expect(originOf('localhost:443', { isEncrypted })).toBe('https://localhost');
    expect(originOf('lab.local', { isEncrypted })).toBe('https://lab.local');
    expect(originOf('127.0.0.1:80', { isEncrypted })).toBeUndefined();
  });

  test('a trusted proxy tells the scheme of an allowed name, and no new name', () => {
    const headers = {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'lab.local',
      forwarded: 'host=lab.local',
    };
    const trusting = check({ allowedHosts: ['lab.local'] }, ['127.0.0.1/32']);
    expect(trusting('lab.local', { headers })).toBe('https://lab.local');
    expect(trusting('evil.test', { headers })).toBeUndefined();
    expect(check({ allowedHosts: ['lab.local'] })('lab.local', { headers })).toBe('http://lab.local');
  });

  test('an address of its own in the spelling of browsers', () => {
    const originOf = check({ address: { host: '2001:db8:0::1', port: 8080 } });
    expect(originOf('[2001:db8::1]:8080')).toBe('http://[2001:db8::1]:8080');
    expect(originOf('127.0.0.1:8080')).toBeUndefined();
  });

  test('listening everywhere: every address of the machine, and no wildcard', () => {
    const originOf = check({ address: { host: '0.0.0.0', port: 8080 } });
    const [own] = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const name = own?.family === 'IPv6' ? `[${own.address}]` : own?.address;
    expect(originOf(`${name}:8080`)).toBe(`http://${name}:8080`);
    expect(originOf('0.0.0.0:8080')).toBeUndefined();
    expect(originOf('192.0.2.77:8080')).toBeUndefined();
  });
});
