import { expect, test } from 'vitest';
import { SecretSealer } from './sealed-secret.ts';

const secret = Buffer.from('12345678901234567890');
const sealer = new SecretSealer('a secret of the server');

test('what was sealed opens again, and never looks the same', () => {
  const sealed = sealer.seal(secret, 'account-1');
  expect(sealer.open(sealed, 'account-1')).toEqual(secret);
  expect(sealer.seal(secret, 'account-1')).not.toBe(sealed);
});

test('it opens for no other account, on no other server, and not after a change', () => {
  const sealed = sealer.seal(secret, 'account-1');
  const bytes = Buffer.from(sealed, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(15) ^ 1, 15);
  expect(() => sealer.open(sealed, 'account-2')).toThrow();
  expect(() => new SecretSealer('another').open(sealed, 'account-1')).toThrow();
  expect(() => sealer.open(bytes.toString('base64url'), 'account-1')).toThrow();
});
