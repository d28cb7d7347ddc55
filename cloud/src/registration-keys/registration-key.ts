import { randomBytes } from 'node:crypto';

// The prefix tells people and secret scanners what they have found.
const format = /^hfkey_[\w-]{43}$/;

/** A registration key of 256 bits. Whoever has it can register an instance that is claimed at once. */
export function generateRegistrationKey(): string {
  return `hfkey_${randomBytes(32).toString('base64url')}`;
}

/**
 * The key that a registration carries as its initial access token.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591#section-3 RFC 7591 section 3}
 * @returns `undefined` for whatever cannot be one
 */
export function registrationKeyIn(authorization: string): string | undefined {
  const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  return token !== undefined && format.test(token) ? token : undefined;
}
