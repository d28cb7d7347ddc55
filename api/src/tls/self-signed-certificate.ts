import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { der } from './der.ts';

const oids = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
};

/**
 * Makes a P-256 key and a certificate of it for a server, signed by itself; it can sign no other one.
 *
 * @param names DNS names and addresses, IPv6 without brackets; at least one
 * @returns both as PEM, the key first
 * @see {@link https://www.rfc-editor.org/rfc/rfc5280#section-4.1 RFC 5280 section 4.1}
 */
export function makeSelfSignedCertificate(names: readonly string[], notBefore: Date, notAfter: Date): string {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = der.sequence(der.objectIdentifier(oids.ecdsaWithSha256));
  const name = der.sequence(
    der.set(der.sequence(der.objectIdentifier(oids.commonName), der.utf8String('Holdfast instance'))),
  );
  const serialNumber = randomBytes(16);
  // Positive and of full length, whatever was drawn.
  serialNumber.writeUInt8((serialNumber.readUInt8() & 0x7f) | 0x40);
  const content = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))), // version 3
    der.integer(serialNumber),
    algorithm,
    name,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    name,
    publicKeyInfo,
    der.explicit(
      3,
      der.sequence(
        extension(oids.basicConstraints, der.sequence(), { isCritical: true }),
        extension(oids.keyUsage, der.bitString(Buffer.of(0x80), 7), { isCritical: true }), // digitalSignature
        extension(oids.extendedKeyUsage, der.sequence(der.objectIdentifier(oids.serverAuthentication))),
        extension(oids.subjectAlternativeName, der.sequence(...names.map(generalName))),
        extension(oids.subjectKeyIdentifier, der.octetString(keyIdentifier(publicKeyInfo))),
      ),
    ),
  );
  const certificate = der.sequence(content, algorithm, der.bitString(sign('sha256', content, privateKey)));
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${pem('CERTIFICATE', certificate)}`;
}

function extension(id: string, content: Uint8Array, { isCritical = false } = {}): Buffer {
  const critical = isCritical ? [der.true] : [];
  return der.sequence(der.objectIdentifier(id), ...critical, der.octetString(content));
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 RFC 5280 section 4.2.1.6} */
function generalName(name: string): Buffer {
  return isIP(name) === 0 ? der.implicit(2, Buffer.from(name)) : der.implicit(7, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // URL writes the last two groups of every IPv6 address as groups.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** SHA-1 of the key's bits, an identifier and no protection (RFC 5280 section 4.2.1.2). */
function keyIdentifier(publicKeyInfo: Uint8Array): Buffer {
  const uncompressedPointBytes = 65;
  return createHash('sha1').update(publicKeyInfo.subarray(-uncompressedPointBytes)).digest();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
