import { hash, randomInt } from 'node:crypto';

/** Crockford's base 32 in small letters: no i, l, o or u. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const count = 10;

/** New recovery codes of 80 bits each, `k3x9-7qpm-…`: too many to try, even for who has their hashes. */
export function createRecoveryCodes(): string[] {
  return Array.from({ length: count }, () => {
    const characters = Array.from({ length: 16 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
    return characters.replace(/.{4}(?=.)/g, '$&-');
  });
}

/** The hash by which a code is found, however it was typed; `undefined` for what cannot be one. */
export function hashRecoveryCode(typed: string): string | undefined {
  const characters = typed.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
  return /^[0-9a-hjkmnp-tv-z]{16}$/.test(characters) ? hash('sha256', characters, 'base64url') : undefined;
}
