import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeSelfSignedCertificate } from './self-signed-certificate.ts';

const notBefore = new Date('2026-11-25T10:00:00Z');
const notAfter = new Date('2027-12-27T10:00:00Z');
const make = (names: readonly string[], until = notAfter) => {
  const pem = makeSelfSignedCertificate(names, notBefore, until);
  return { pem, certificate: new X509Certificate(pem), key: createPrivateKey(pem) };
};

describe('a certificate that an instance makes', () => {
  test('is its own, for its names, for its time', () => {
    const { certificate, key } = make(['localhost', 'lab.example.com', '127.0.0.1', '::1', '2001:db8::7:1']);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe('CN=Holdfast instance');
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.ca).toBe(false);
    expect(certificate.validFromDate).toEqual(notBefore);
    expect(certificate.validToDate).toEqual(notAfter);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.checkHost('lab.example.com')).toBe('lab.example.com');
    expect(certificate.checkHost('evil.test')).toBeUndefined();
    for (const address of ['127.0.0.1', '::1', '2001:db8::7:1'])
      expect(certificate.checkIP(address), address).toBe(address);
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
  });

  test('has a key and a number of its own each time', () => {
    const numbers = new Set(Array.from({ length: 20 }, () => make(['localhost']).certificate.serialNumber));
    expect(numbers.size).toBe(20);
    for (const number of numbers) expect(number).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test('may outlast 2049 and have many names', () => {
    const names = Array.from({ length: 300 }, (_, index) => `host-${index}.example.com`);
    const { certificate } = make(names, new Date('2051-01-02T03:04:05Z'));
    expect(certificate.validToDate).toEqual(new Date('2051-01-02T03:04:05Z'));
    expect(certificate.checkHost('host-299.example.com')).toBe('host-299.example.com');
  });

  test('convinces a client that was told to trust it, and no other', async () => {
    const { pem } = make(['localhost', '127.0.0.1'], new Date(Date.now() + 86_400_000));
    const trusted = makeSelfSignedCertificate(
      ['localhost'],
      new Date(Date.now() - 60_000),
      new Date(Date.now() + 86_400_000),
    );
    const server = createServer({ key: trusted, cert: trusted }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: trusted });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
    const wary = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: pem });
    const [error] = (await once(wary, 'error')) as [Error];
    expect(error.message).toMatch(/self-signed certificate/);
    server.close();
  });
});
