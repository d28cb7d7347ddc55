import type { AccessErrorCode } from './errors.ts';

/**
 * The challenge that goes with a 401, with an error when there were credentials and they were refused.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7.1 RFC 9449 section 7.1}
 */
export function dpopChallenge(error?: { code: AccessErrorCode; message: string }): string {
  const parameters = error ? [`error="${error.code}"`, `error_description="${quotable(error.message)}"`] : [];
  return `DPoP ${[...parameters, 'algs="ES256"'].join(', ')}`;
}

/** `error_description` "MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E" (RFC 6750 section 3). */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, ' ');
}
