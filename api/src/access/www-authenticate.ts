import type { AccessErrorCode } from './errors.ts';

/** @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3 RFC 9728 section 3} */
export const resourceMetadataPath = '/.well-known/oauth-protected-resource';

/**
 * The challenge that goes with a 401, with an error when there were credentials and they were refused. It leads to the
 * metadata of the instance, and these to its cloud.
 *
 * @param address any address of the instance, by the name by which the client called it
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7.1 RFC 9449 section 7.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-5.1 RFC 9728 section 5.1}
 */
export function dpopChallenge(address: string, error?: { code: AccessErrorCode; message: string }): string {
  const parameters = error ? [`error="${error.code}"`, `error_description="${quotable(error.message)}"`] : [];
  const metadata = `resource_metadata="${new URL(resourceMetadataPath, address).href}"`;
  return `DPoP ${[...parameters, 'algs="ES256"', metadata].join(', ')}`;
}

/** `error_description` "MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E" (RFC 6750 section 3). */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, ' ');
}
