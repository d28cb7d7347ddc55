import { hkdfSync } from 'node:crypto';

/**
 * The key (32 bytes) that serves one purpose, so that no secret of the cloud ever serves two.
 *
 * @param secret of at least 256 bits, kept outside the database
 * @see {@link https://www.rfc-editor.org/rfc/rfc5869 RFC 5869}
 */
export function deriveKey(secret: string | Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', purpose, 32));
}
