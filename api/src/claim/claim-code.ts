// Who reads the claim code controls the machine (terminal, or a file only its user may read): that is what makes an
// owner. Ten Crockford characters are 50 bits; with five tries, guessing succeeds once in 2 × 10^14 starts.

import { randomBytes, timingSafeEqual } from 'node:crypto';

/** Crockford's base32: no I, L, O, U, which people mistake or resent. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 10;

/** Makes a new claim code, `XXXXX-XXXXX`. */
export function createClaimCode(): string {
  const characters = Array.from(randomBytes(codeLength), (byte) => alphabet[byte % alphabet.length]).join('');
  return `${characters.slice(0, 5)}-${characters.slice(5)}`;
}

/** Whether a person typed the code: case, dashes and spaces are free, O reads as 0, I and L as 1. */
export function isClaimCode(typed: string, code: string): boolean {
  const [given, expected] = [normalize(typed), normalize(code)].map((text) => Buffer.from(text));
  return given !== undefined && expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
}

function normalize(typed: string): string {
  return typed
    .slice(0, 64)
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
}
