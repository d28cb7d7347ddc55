import type { EndedAccess } from '../access/ended-access.ts';
import type { Account } from '../requester.ts';

/** Why a session is over; the names of GraphQL's `SessionEndReason`. Stored by name, so a name stays. */
export const sessionEndReasons = ['SIGNED_OUT', 'ENDED_AT_CLOUD', 'ACCESS_REMOVED', 'EXPIRED'] as const;

export type SessionEndReason = (typeof sessionEndReasons)[number];

/** Which sessions are over, since when and why. */
export type SessionEnd = {
  /** Milliseconds since the epoch. */
  readonly at: number;
} & (
  | { readonly reason: 'SIGNED_OUT'; readonly account: Account; readonly keyThumbprint: string }
  | { readonly reason: 'ENDED_AT_CLOUD'; readonly grantId: string }
  /** Tokens that were issued later, in seconds since the epoch, are good again. */
  | { readonly reason: 'ACCESS_REMOVED'; readonly accountId: string; readonly issuedUntil: number }
);

/**
 * What the cloud's word means for sessions; undefined where they go on, with another role for example.
 *
 * @param heardAt milliseconds since the epoch; by the clock of the cloud it may have been later
 */
export function sessionEndOf(ended: EndedAccess, heardAt: number): SessionEnd | undefined {
  const at = Math.min(ended.at * 1_000, heardAt);
  switch (ended.subject) {
    case 'grant':
      return { reason: 'ENDED_AT_CLOUD', at, grantId: ended.id };
    case 'account':
      return { reason: 'ACCESS_REMOVED', at, accountId: ended.id, issuedUntil: ended.at };
    case 'role':
      return undefined;
  }
}
