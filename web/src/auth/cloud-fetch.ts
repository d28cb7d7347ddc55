import { AuthError } from './errors.ts';

/** Milliseconds after which a cloud that has not finished its answer counts as unreachable. */
export const cloudTimeoutMilliseconds = 15_000;

/** What a test replaces; everything else in `auth/` is real. */
export interface AuthSeams {
  fetch?: typeof fetch;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/**
 * Fetch for requests to a cloud: a whole answer, within a time limit and without cookies, or a rejection that says
 * that there is none. Answers 429 and 5xx count as none, because they say nothing about the grant.
 *
 * @throws {AuthError} `cloud-unreachable`; `invalid-cloud-response` for a redirect
 * @throws the reason of `signal` when the caller cancels
 */
export function cloudFetch(seams: AuthSeams, signal?: AbortSignal): typeof fetch {
  return async (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : input);
    const timeout = AbortSignal.timeout(cloudTimeoutMilliseconds);
    let response: Response;
    let body: ArrayBuffer;
    try {
      response = await (seams.fetch ?? globalThis.fetch)(input, {
        ...init,
        cache: 'no-store',
        credentials: 'omit',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      body = await response.arrayBuffer();
    } catch {
      signal?.throwIfAborted();
      throw cloudUnreachable(origin, 'does not answer');
    }
    if (response.type === 'opaqueredirect') throw invalidCloudResponse(origin);
    if (response.status === 429 || response.status >= 500) {
      throw cloudUnreachable(origin, `answers with the error ${response.status}`);
    }
    return new Response(body, { status: response.status, headers: response.headers });
  };
}

/** The cloud answered, but not with what its specification calls for. */
export function invalidCloudResponse(origin: string): AuthError {
  return new AuthError(
    'invalid-cloud-response',
    `What answers at ${origin} does not behave like a Holdfast cloud. Check that the instance was started with the right --cloud address.`,
  );
}

function cloudUnreachable(origin: string, what: string): AuthError {
  return new AuthError(
    'cloud-unreachable',
    `The cloud at ${origin} ${what}. Check that it is running and that this browser can reach it, then try again.`,
  );
}
