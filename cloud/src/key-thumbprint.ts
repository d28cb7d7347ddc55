import { hash, type webcrypto } from 'node:crypto';

/**
 * SHA-256 of an EC key in base64url. Its coordinates have to be in their one canonical form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638 RFC 7638, JWK thumbprint
 */
export function keyThumbprint({ crv, kty, x, y }: Readonly<webcrypto.JsonWebKey>): string {
  return hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
}
