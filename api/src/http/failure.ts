import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { AccessError } from '../access/errors.ts';
import { dpopChallenge } from '../access/www-authenticate.ts';
import { describeError, internalErrorMessage } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** A refusal before GraphQL, in the form that GraphQL clients read. */
export interface Failure {
  readonly status: 400 | 401 | 403 | 405 | 413 | 415 | 429 | 431 | 500 | 503;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Under which the log tells more. */
  readonly errorId?: string;
}

export function failureBody({ code, message, errorId }: Pick<Failure, 'code' | 'message' | 'errorId'>): {
  errors: unknown[];
} {
  return { errors: [{ message, extensions: { code, errorId } }] };
}

/** What of a request matters to how it failed. */
export interface FailedRequest {
  /** The instance's origin, as the client addressed it. */
  readonly origin: string;
  readonly path: string;
  readonly isAborted: boolean;
}

/** The one place where errors become HTTP. What was not meant for the client stays in the log. */
export function failureOf(error: unknown, request: FailedRequest, logger: Logger): Failure {
  if (error instanceof AccessError) {
    const { status, code, message, retryAfterSeconds } = error;
    return {
      status,
      code,
      message,
      headers: {
        ...(status === 401 && { 'WWW-Authenticate': dpopChallenge(request.origin, error) }),
        ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
      },
    };
  }
  // Whoever hangs up in the middle of a request is no failure of ours.
  const level = request.isAborted ? 'debug' : 'error';
  const errorId = randomUUID();
  logger[level]({ errorId, path: request.path, err: describeError(error) }, 'a request failed');
  return { status: 500, code: 'internal_error', message: internalErrorMessage(errorId), errorId };
}

/** Answers with `failure`, unless an answer is under way: then the connection ends. */
export function writeFailure(outgoing: ServerResponse, failure: Failure): void {
  if (outgoing.headersSent) {
    outgoing.destroy();
    return;
  }
  for (const [name, value] of Object.entries(failure.headers ?? {})) outgoing.setHeader(name, value);
  outgoing.writeHead(failure.status, { 'Content-Type': 'application/json' });
  outgoing.end(JSON.stringify(failureBody(failure)));
}
