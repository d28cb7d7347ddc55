import { isTrustworthyUrl } from '../loopback.ts';
import { CloudUnreachableError } from './errors.ts';

const defaultTimeoutMilliseconds = 10_000;
const maxAnswerBytes = 262_144;

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens at that address',
  ECONNRESET: 'the connection broke',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be resolved',
  EHOSTUNREACH: 'no route leads there',
  ENETUNREACH: 'the network is down',
  ETIMEDOUT: 'it took too long',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
};

export interface CloudFetchOptions {
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborts every request. */
  readonly signal: AbortSignal;
  /** For one request; 10 s unless given. */
  readonly timeoutMilliseconds?: number | undefined;
  /** Told the cloud's `Date` and the moment at which it was received, both in milliseconds since the epoch. */
  readonly onDate: (cloudTime: number, receivedAt: number) => void;
}

/** A request to the cloud, as `fetch` takes it. */
export type CloudFetch = (
  url: string,
  init?: RequestInit,
  /** For this request. */
  timeoutMilliseconds?: number,
) => Promise<Response>;

/**
 * `fetch` for the cloud: within a limit of time, answers of 256 KiB at most and read whole, no redirect followed (it would carry
 * credentials along), only to `https:` or loopback addresses.
 *
 * @throws CloudUnreachableError from the returned function: no answer, or one of 429 or 5xx
 */
export function createCloudFetch(options: CloudFetchOptions): CloudFetch {
  const usualTimeout = options.timeoutMilliseconds ?? defaultTimeoutMilliseconds;
  return async (url, init, timeoutMilliseconds = usualTimeout) => {
    if (!isTrustworthyUrl(new URL(url))) {
      throw new CloudUnreachableError('it names an address that is neither https nor on this machine');
    }
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMilliseconds)]);
    let response: Response;
    let body: Uint8Array<ArrayBuffer>;
    try {
      response = await options.fetch(url, { ...init, redirect: 'manual', signal });
      body = await readBody(response);
    } catch (error) {
      if (options.signal.aborted) throw new CloudUnreachableError('the instance is stopping');
      throw error instanceof CloudUnreachableError
        ? error
        : new CloudUnreachableError(reasonOf(error, timeoutMilliseconds), { cause: error });
    }
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) options.onDate(date, options.now());
    if (response.status === 429 || response.status >= 500) {
      throw new CloudUnreachableError(`it answers with HTTP status ${response.status}`, {
        retryAfterSeconds: parseRetryAfter(response.headers.get('retry-after')),
      });
    }
    const { status, headers } = response;
    return new Response([204, 205, 304].includes(status) ? null : body, { status, headers });
  };
}

async function readBody(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxAnswerBytes) throw new CloudUnreachableError('its answer is too long');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function reasonOf(error: unknown, timeoutMilliseconds: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `it took longer than ${timeoutMilliseconds / 1_000} seconds`;
  const code = failureCodeOf(error);
  return (code && reasons[code]) || `the request failed${code ? ` (${code})` : ''}`;
}

/** The code of the system (`ECONNREFUSED`, …) with which `fetch` failed; undefined for other failures. */
export function failureCodeOf(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // A name with several addresses fails with an error for each of them.
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return first instanceof Error && 'code' in first ? String(first.code) : undefined;
}

function parseRetryAfter(value: string | null): number | undefined {
  return value !== null && /^\d{1,5}$/.test(value) ? Number(value) : undefined;
}
