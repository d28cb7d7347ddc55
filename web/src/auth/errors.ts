/**
 * Every way in which signing in, staying signed in and signing out can fail on this side of the wire. An OAuth error
 * answered by the cloud keeps its wire code instead (RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 9449 section 5).
 */
export type AuthErrorCode =
  | 'insecure-context'
  | 'insecure-instance'
  | 'untrusted-issuer'
  | 'cloud-unreachable'
  | 'invalid-cloud-response'
  | 'unbound-tokens'
  | 'storage-unavailable';

/**
 * A failure in words for a person: what happened, why, and the one thing to do next. Branch on `code`, never on the
 * message. Neither the message nor the cause ever holds a token, a proof or a code.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: AuthErrorCode | (string & {});

  constructor(code: AuthErrorCode | (string & {}), message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** True for the rejection of an operation that its own caller cancelled. */
export function isAbortError(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
