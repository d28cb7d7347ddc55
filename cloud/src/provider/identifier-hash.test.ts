import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashIdentifier, matchesHash } from './identifier-hash.ts';

test('is SHA-256 in base64url', () => {
  expect(hashIdentifier('abc')).toBe(createHash('sha256').update('abc').digest('base64url'));
  expect(hashIdentifier('abc')).toHaveLength(43);
});

test('a secret matches its own hash and no other', () => {
  expect(matchesHash('secret', hashIdentifier('secret'))).toBe(true);
  for (const wrong of ['', 'Secret', 'secret ', hashIdentifier('secret')]) {
    expect(matchesHash(wrong, hashIdentifier('secret'))).toBe(false);
  }
  for (const damaged of ['', 'x', `${hashIdentifier('secret')}=`])
    expect(matchesHash('secret', damaged)).toBe(false);
});
