import { pageKey } from './page-key.ts';

/** Why the cloud did not do what was asked. Branch on `code`: the wire's own, or one of ours in snake case. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  /**
   * `error` of our JSON errors, `code` of better-auth's, or: `cloud_unreachable` (no answer),
   * `too_many_requests` (HTTP 429), `unexpected_answer` (anything that is not JSON of a known form).
   */
  readonly code: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** How long the cloud asks to wait, if it says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, status: number, options: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(`The cloud answered ${code} (HTTP ${status}).`, { cause: options.cause });
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

interface CloudRequest {
  /** POST with this JSON body; without it the request is a GET. */
  body?: unknown;
  signal?: AbortSignal;
}

/**
 * Sends one request to the cloud that serves this page and returns its JSON.
 *
 * @throws {CloudError} for every refusal and failure; an aborted request rejects with its `AbortError`.
 */
export async function cloudRequest<Answer>(
  path: string,
  { body, signal }: CloudRequest = {},
): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/json', 'holdfast-page-key': pageKey() };
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new CloudError('cloud_unreachable', 0, { cause });
  }
  return readAnswer<Answer>(response);
}

async function readAnswer<Answer>(response: Response): Promise<Answer> {
  const answer = await readJson(response);
  if (response.ok && answer !== undefined) return answer as Answer;
  throw new CloudError(errorCodeOf(response, answer), response.status, {
    retryAfterSeconds: retryAfterSecondsOf(response),
  });
}

/** The body's JSON; undefined when it is something else, such as a proxy's error page. */
async function readJson(response: Response): Promise<unknown> {
  if (!response.headers.get('content-type')?.includes('json')) return undefined;
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function errorCodeOf(response: Response, answer: unknown): string {
  if (response.status === 429) return 'too_many_requests';
  if (typeof answer === 'object' && answer !== null) {
    if ('error' in answer && typeof answer.error === 'string') return answer.error;
    if ('code' in answer && typeof answer.code === 'string') return answer.code;
  }
  return 'unexpected_answer';
}

/** better-auth says `X-Retry-After`; only its number of seconds is understood, not an HTTP date. */
function retryAfterSecondsOf({ headers }: Response): number | undefined {
  const value = headers.get('retry-after') ?? headers.get('x-retry-after');
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Repeats a query once, and only when no answer came: a refusal would be the same again. */
export function retryUnreachable(failureCount: number, error: Error): boolean {
  return failureCount < 1 && error instanceof CloudError && error.code === 'cloud_unreachable';
}
