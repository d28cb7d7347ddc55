import { hash } from 'node:crypto';
import { APIError } from 'better-auth/api';

/**
 * Where the cloud's pages send their page key: 32 random bytes in hex, which they keep in the storage of their origin. A
 * session counts only together with the key that it began with. Its cookie alone is worth nothing, because browsers hand
 * it to whatever listens on the same host name: “Cookies do not provide isolation by port.” What another port plants is
 * worth nothing either, and its pages cannot send this header: that takes a CORS preflight, which nobody answers.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-8.5 RFC 6265 section 8.5
 */
export const pageKeyHeader = 'holdfast-page-key';

/** SHA-256 of the page key in a request, which is all that the database has of it; undefined if there is none. */
export function pageKeyHashIn(headers: Headers | undefined): string | undefined {
  const pageKey = headers?.get(pageKeyHeader) ?? '';
  return /^[0-9a-f]{64}$/.test(pageKey) ? hash('sha256', pageKey, 'base64url') : undefined;
}

/** As `pageKeyHashIn`, for what begins a session. @throws {APIError} 400 `PAGE_KEY_REQUIRED` */
export function expectPageKey(headers: Headers | undefined): string {
  const pageKeyHash = pageKeyHashIn(headers);
  if (pageKeyHash !== undefined) return pageKeyHash;
  throw new APIError('BAD_REQUEST', {
    code: 'PAGE_KEY_REQUIRED',
    message:
      'This sign-in does not say in which browser it begins. Load the page again; a program sends 32 random bytes in hex as Holdfast-Page-Key, the same with every request.',
  });
}
