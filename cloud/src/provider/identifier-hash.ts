import { hash, timingSafeEqual } from 'node:crypto';

/**
 * SHA-256 in base64url, 43 characters: how identifiers that are secrets (tokens, codes, client secrets) lie in the
 * database. They carry enough randomness of their own that neither salt nor stretching adds anything; a user code has
 * only 34 bits, but lives five minutes.
 */
export function hashIdentifier(identifier: string): string {
  return hash('sha256', identifier, 'base64url');
}

/** Compares a secret with its stored hash in constant time. */
export function matchesHash(secret: string, expectedHash: string): boolean {
  const actual = Buffer.from(hashIdentifier(secret));
  const expected = Buffer.from(expectedHash);
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
