import { expect, test } from 'vitest';
import { transportSecurityFor } from './transport-security.ts';

test.each(['https://cloud.example.com', 'https://cloud', 'https://my_box.local'])(
  'row 49: %s stays https',
  (issuer) => {
    expect(transportSecurityFor(issuer)).toBe('max-age=31536000');
  },
);

test.each([
  ['plain HTTP, where nobody may believe it', 'http://localhost:7070'],
  ['a port of its own: the machine has others', 'https://cloud.example.com:8443'],
  ['loopback: plain HTTP is safe there', 'https://localhost'],
  ['loopback by address', 'https://127.0.0.1'],
  ['addresses: browsers ignore it', 'https://192.0.2.1'],
  ['addresses: browsers ignore it', 'https://[2001:db8::1]'],
])('row 49: not for %s (%s)', (_reason, issuer) => {
  expect(transportSecurityFor(issuer)).toBeUndefined();
});
