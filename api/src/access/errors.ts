import type { Account } from '../requester.ts';

/** Wire codes of refused requests (RFC 6750 section 3.1, RFC 9449 sections 7.1 and 9) and of this API. */
export type AccessErrorCode =
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'access_denied'
  | 'too_many_requests'
  | 'cloud_unavailable'
  | 'unconfirmed';

type AccessErrorStatus = 401 | 403 | 429 | 503;

const statusOf: Record<AccessErrorCode, AccessErrorStatus> = {
  invalid_token: 401,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
  access_denied: 403,
  too_many_requests: 429,
  cloud_unavailable: 503,
  unconfirmed: 503,
};

/** A request is refused before GraphQL sees it. The message goes to the client and never quotes what was sent. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
  readonly code: AccessErrorCode;
  /** When the same request may be judged otherwise, where that is known. */
  readonly retryAfterSeconds: number | undefined;
  #account: Account | undefined;

  constructor(
    code: AccessErrorCode,
    message: string,
    { retryAfterSeconds, ...options }: ErrorOptions & { readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whose token it was, where that is genuine. */
  get account(): Account | undefined {
    return this.#account;
  }

  of(account: Account): this {
    this.#account = account;
    return this;
  }

  get status(): AccessErrorStatus {
    return statusOf[this.code];
  }
}

export function invalidToken(message: string): AccessError {
  return new AccessError('invalid_token', message);
}

export function invalidProof(message: string): AccessError {
  return new AccessError('invalid_dpop_proof', message);
}

/** Of one key, within the minute or two for which proofs are remembered. */
export function tooManyProofs(): AccessError {
  return new AccessError(
    'too_many_requests',
    'This session has sent too many requests. Try again in a minute.',
    { retryAfterSeconds: 60 },
  );
}
