/** Why the cloud could not start, or a command not do its work; the command line prints the message and exits with 1. */
export type StartupErrorCode =
  | 'invalid_configuration'
  | 'address_in_use'
  | 'address_unavailable'
  | 'data_path_unusable'
  | 'data_path_locked'
  | 'data_damaged'
  | 'foreign_issuer'
  | 'newer_database'
  | 'web_app_missing'
  | 'unknown_account'
  | 'unknown_workspace'
  | 'unknown_key'
  | 'key_waits'
  | 'too_many_keys'
  | 'not_a_member'
  | 'last_owner';

/** A start that cannot succeed. `message` is one sentence for a person: what happened, why, and what to do next. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly code: StartupErrorCode;

  constructor(code: StartupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An answer other than success; `http-server.ts` turns it into `{"error", "error_description"}`. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: HttpErrorStatus;
  /** Stable wire code, for example `invalid_user_code`. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: HttpErrorStatus,
    code: string,
    description: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(description);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export type HttpErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 415 | 429 | 503;

/** The part of an unexpected error that may be logged. */
export function describeError(error: unknown): { type: string; message: string; stack: string | undefined } {
  return error instanceof Error
    ? { type: error.name, message: error.message, stack: error.stack }
    : { type: typeof error, message: String(error), stack: undefined };
}

/** The `code` of a Node.js system error such as `EADDRINUSE`, if `error` is one. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
