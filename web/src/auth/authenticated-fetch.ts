import * as oauth from 'oauth4webapi';
import { abortableSleep } from './abortable-sleep.ts';
import type { AuthSeams } from './cloud-fetch.ts';
import { deleteDpopKey, loadDpopKey } from './dpop-key.ts';
import { type RefreshOutcome, refreshSession } from './refresh.ts';
import { requestRenewalTime } from './renewal-time.ts';
import { isConfidential } from './secure-context.ts';
import { type ReplayableRequest, requestWithToken } from './token-request.ts';
import { endSession, readSession, type StoredSession } from './token-store.ts';

/**
 * Fetch for one instance: adds the access token and its DPoP proof when somebody is signed in and sends the request
 * anonymously otherwise. A token near its end is renewed first; one that the instance calls invalid is renewed and the
 * request repeated once. When that does not help, the session ends with a reason, but not before the instance could ask
 * its cloud for a key that it does not know yet.
 *
 * @throws {TypeError} for a URL outside of the instance, which must never see its tokens
 * @throws {AuthError} when the token has run out and cannot be renewed now, but the session is still good
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7 RFC 9449 section 7}
 */
export function authenticatedFetch(baseUrl: string, seams: AuthSeams = {}): typeof fetch {
  return async (input, init) => {
    const request = await readRequest(baseUrl, input, init);
    const session = await freshSession(baseUrl, seams);
    if (session === undefined) return await sendAnonymously(request, seams);

    const answer = await sendWithToken(baseUrl, request, session, seams);
    if (answer.error === 'invalid_token') {
      const outcome = await refreshSession(baseUrl, session.accessToken, seams);
      if (outcome.outcome !== 'renewed') return answer.response;
      const second = await sendWithToken(baseUrl, request, outcome.session, seams);
      const wait = second.error === 'invalid_token' ? retryAfterMilliseconds(second.response) : undefined;
      if (wait === undefined) return responseOrEnd(baseUrl, outcome.session, second);
      await abortableSleep(wait, request.signal);
      const later = await freshSession(baseUrl, seams);
      if (later === undefined) return second.response;
      return responseOrEnd(baseUrl, later, await sendWithToken(baseUrl, request, later, seams));
    }
    const refusal = answer.response.status === 403 ? await accessDenied(answer.response) : undefined;
    if (refusal !== undefined) endRefused(baseUrl, session, 'access_denied', refusal);
    return answer.response;
  };
}

interface Answer {
  response: Response;
  /** From the DPoP challenge, if there is one (RFC 9449 section 7.1). */
  error: string | undefined;
  description: string | undefined;
}

async function readRequest(
  baseUrl: string,
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<ReplayableRequest> {
  const request = new Request(input, init);
  const url = new URL(request.url);
  if (url.origin !== baseUrl)
    throw new TypeError(`A request for ${url.origin} cannot carry the sign-in of ${baseUrl}`);
  const body = await request.arrayBuffer();
  return {
    url,
    method: request.method,
    headers: request.headers,
    body: body.byteLength === 0 ? null : body,
    signal: request.signal,
  };
}

async function freshSession(baseUrl: string, seams: AuthSeams): Promise<StoredSession | undefined> {
  const { session } = readSession(baseUrl);
  if (session === undefined || !isConfidential(new URL(baseUrl))) return undefined;
  const now = (seams.now ?? Date.now)();
  if (now < requestRenewalTime(session)) return session;
  const outcome: RefreshOutcome = await refreshSession(baseUrl, session.accessToken, seams);
  if (outcome.outcome === 'renewed') return outcome.session;
  if (outcome.outcome === 'ended') return undefined;
  if (now < session.accessTokenExpiresAt) return session;
  throw outcome.error;
}

async function sendAnonymously(request: ReplayableRequest, seams: AuthSeams): Promise<Response> {
  const { url, method, headers, body, signal } = request;
  return await (seams.fetch ?? globalThis.fetch)(url.href, {
    method,
    headers,
    body,
    signal,
    credentials: 'omit',
    redirect: 'manual',
  });
}

async function sendWithToken(
  baseUrl: string,
  request: ReplayableRequest,
  session: StoredSession,
  seams: AuthSeams,
): Promise<Answer> {
  const dpop = await loadDpopKey(session.dpopKeyId);
  if (dpop === undefined) {
    // The refresh finds the same and ends the session with the reason.
    await refreshSession(baseUrl, session.accessToken, seams);
    return { response: await sendAnonymously(request, seams), error: undefined, description: undefined };
  }
  try {
    const response = await requestWithToken(request, session.accessToken, dpop, seams);
    return { response, error: undefined, description: undefined };
  } catch (error) {
    if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
    const challenge = error.cause.find(({ scheme }) => scheme === 'dpop')?.parameters;
    return { response: error.response, error: challenge?.error, description: challenge?.error_description };
  }
}

/** The session ends when the instance refuses a token that is as new as it can be. */
function responseOrEnd(baseUrl: string, session: StoredSession, answer: Answer): Response {
  if (answer.error === 'invalid_token') endRefused(baseUrl, session, answer.error, answer.description);
  return answer.response;
}

/** An instance asks its cloud for unknown keys every 30 s at most, and says when it may again. */
const longestRetryAfterSeconds = 60;

/** Undefined where a new try makes no sense. */
function retryAfterMilliseconds({ headers }: Response): number | undefined {
  const seconds = /^\d+$/.test(headers.get('retry-after') ?? '') ? Number(headers.get('retry-after')) : NaN;
  return seconds <= longestRetryAfterSeconds ? seconds * 1_000 : undefined;
}

/** The instance's words when it belongs to someone else; undefined for every other answer. */
async function accessDenied(response: Response): Promise<string | undefined> {
  try {
    const body: { errors?: { message?: unknown; extensions?: { code?: unknown } }[] } = await response
      .clone()
      .json();
    const denial = body.errors?.find(({ extensions }) => extensions?.code === 'access_denied');
    return typeof denial?.message === 'string' ? denial.message : undefined;
  } catch {
    return undefined;
  }
}

function endRefused(baseUrl: string, session: StoredSession, code: string, words: string | undefined): void {
  const message =
    code === 'access_denied' && words !== undefined
      ? words
      : `You were signed out because the instance refused even a new access token${words === undefined ? '.' : `: ${words}`} Sign in again.`;
  endSession(baseUrl, { code, message });
  void deleteDpopKey(session.dpopKeyId);
}
