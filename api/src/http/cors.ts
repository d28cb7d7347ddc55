import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopbackName } from '../loopback.ts';
import { type Failure, writeFailure } from './failure.ts';

/** Whose pages may use the instance from another origin. */
export interface OriginPolicy {
  /** Exact origins that the user named. */
  readonly allowedOrigins: readonly string[];
  /** Whether pages on this machine may: when the instance listens on loopback only, where nobody else can. */
  readonly allowLoopback: boolean;
}

/**
 * Whether pages of `origin` may use the instance.
 *
 * @param origin the value of an `Origin` header
 */
export function isAllowedOrigin(origin: string, { allowedOrigins, allowLoopback }: OriginPolicy): boolean {
  // Sandboxed frames and local files say `null`: that is nobody in particular.
  const url = URL.parse(origin);
  if (url?.origin !== origin) return false;
  if (allowedOrigins.includes(origin)) return true;
  return allowLoopback && url.protocol === 'http:' && isLoopbackName(url.hostname);
}

/**
 * Lets pages of allowed origins in, and refuses those of others before anything is done for them.
 *
 * @param ownOrigin by which the client addressed the instance
 * @returns whose page asks, if a page does; of the `refused` the answer is written
 */
export function admitOrigin(
  { headers: { origin } }: IncomingMessage,
  outgoing: ServerResponse,
  ownOrigin: string,
  policy: OriginPolicy,
): 'own' | 'foreign' | 'refused' {
  outgoing.setHeader('Vary', 'Origin');
  if (origin === undefined || origin === ownOrigin) return 'own';
  if (!isAllowedOrigin(origin, policy)) {
    writeFailure(outgoing, originRefusal);
    return 'refused';
  }
  for (const [name, value] of Object.entries(corsHeaders(origin))) outgoing.setHeader(name, value);
  return 'foreign';
}

/**
 * Headers of an answer to a page of an allowed origin. Credentials of the browser are never let in: there are none.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol Fetch, CORS protocol}
 */
function corsHeaders(origin: string): Record<string, string> {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'WWW-Authenticate, DPoP-Nonce, Date, Retry-After',
  };
}

export function preflightHeaders(method: string): Record<string, string> {
  return {
    'Access-Control-Allow-Methods': method,
    'Access-Control-Allow-Headers': 'Accept, Authorization, Content-Type, DPoP',
    'Access-Control-Max-Age': '600',
  };
}

/** What pages of an origin hear that may not use the instance. */
const originRefusal: Failure = {
  status: 403,
  code: 'origin_refused',
  message:
    'Pages of this origin may not use the instance. To allow them, start it with --allow-origin and their origin.',
};
