import { HttpError } from '../errors.ts';

/** What an instance says and wants when it asks for events. */
export interface PollRequest {
  /** `jti` of events that it has acted upon. */
  readonly acknowledged: readonly string[];
  readonly limit: number;
  readonly returnImmediately: boolean;
  /** What this run of the instance calls itself, which nobody else can guess; undefined of older instances. */
  readonly run: string | undefined;
  /** When the other run began of which it has heard, in seconds since the epoch. */
  readonly otherRunSince: number | undefined;
}

const mostEvents = 100;

/** 128 bits at least, in base64url. */
const runPattern = /^[\w-]{22,64}$/;

/**
 * Reads a request for events. Events that an instance could not make sense of (`setErrs`) are done with as well: to
 * deliver them again would change nothing.
 *
 * @throws {HttpError} 400
 * @see {@link https://www.rfc-editor.org/rfc/rfc8936#section-2.2 RFC 8936 section 2.2}
 */
export function parsePollRequest(body: Readonly<Record<string, unknown>>): PollRequest {
  const { ack = [], setErrs = {}, maxEvents = mostEvents, returnImmediately = false } = body;
  const { run, otherRunSince } = body;
  const acknowledged = [
    ...(Array.isArray(ack) ? (ack as unknown[]) : [undefined]),
    ...(typeof setErrs === 'object' && setErrs !== null ? Object.keys(setErrs) : [undefined]),
  ];
  if (
    acknowledged.length > mostEvents ||
    !acknowledged.every((jti): jti is string => typeof jti === 'string' && jti.length <= 64) ||
    !Number.isSafeInteger(maxEvents) ||
    (maxEvents as number) < 0 ||
    typeof returnImmediately !== 'boolean' ||
    (run !== undefined && !(typeof run === 'string' && runPattern.test(run))) ||
    (otherRunSince !== undefined && !Number.isSafeInteger(otherRunSince))
  ) {
    throw new HttpError(
      400,
      'invalid_request',
      `The body must be {"ack": […], "setErrs": {…}, "maxEvents": …, "returnImmediately": …}, with at most ${mostEvents} events (RFC 8936 section 2.2). A "run", if there is one, is 22 to 64 characters of base64url, and "otherRunSince" a number.`,
    );
  }
  return {
    acknowledged,
    limit: Math.min(maxEvents as number, mostEvents),
    returnImmediately,
    run,
    otherRunSince: otherRunSince as number | undefined,
  };
}
