import type { StoredSession } from './token-store.ts';

/** From when to when an access token is good. */
export type AccessTokenLife = Pick<StoredSession, 'accessTokenIssuedAt' | 'accessTokenExpiresAt'>;

/** Wider than the minute to which browsers throttle the timers of hidden tabs. */
const silentLeadMilliseconds = 75_000;
/** Long enough for a request to reach the instance, whose clock may be ahead. */
const requestLeadMilliseconds = 30_000;

/**
 * When to renew an access token without being asked: 75 s before it ends, or after half of a life that is shorter than
 * twice that.
 *
 * @returns milliseconds since the epoch
 */
export function silentRenewalTime(life: AccessTokenLife): number {
  return life.accessTokenExpiresAt - Math.min(silentLeadMilliseconds, lifeMilliseconds(life) / 2);
}

/**
 * From when on a request renews the access token before it uses it: 30 s before it ends, or in the last quarter of a
 * life that is shorter than four times that.
 *
 * @returns milliseconds since the epoch
 */
export function requestRenewalTime(life: AccessTokenLife): number {
  return life.accessTokenExpiresAt - Math.min(requestLeadMilliseconds, lifeMilliseconds(life) / 4);
}

function lifeMilliseconds({ accessTokenIssuedAt, accessTokenExpiresAt }: AccessTokenLife): number {
  if (accessTokenIssuedAt === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, accessTokenExpiresAt - accessTokenIssuedAt);
}
