import { expect, test } from 'vitest';
import { transportSecurityFor } from './transport-security.ts';

test.each(['https://lab.example.com', 'https://lab', 'https://my_box.local'])(
  'row 49: %s stays https',
  (origin) => {
    expect(transportSecurityFor(origin)).toBe('max-age=31536000');
  },
);

test.each([
  ['plain HTTP, where nobody may believe it', 'http://lab.example.com'],
  ['a port of its own: the machine has others', 'https://lab.example.com:8443'],
  ['loopback: plain HTTP is safe there', 'https://localhost'],
  ['loopback by address', 'https://127.0.0.1'],
  ['addresses: browsers ignore it', 'https://192.0.2.1'],
  ['addresses: browsers ignore it', 'https://[2001:db8::1]'],
])('row 49: not for %s (%s)', (_reason, origin) => {
  expect(transportSecurityFor(origin)).toBeUndefined();
});
