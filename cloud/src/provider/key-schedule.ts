import { lifetimeRanges } from '../lifetimes.ts';

/** A key as far as it matters when it signs. */
export interface ScheduledKey {
  /**
   * Seconds since the epoch: it does not sign before. A cloud's first key has none.
   *
   * @see {@link https://openid.net/specs/openid-federation-1_0.html OpenID Federation 1.0, historical keys}
   */
  readonly nbf?: number | undefined;
}

export type KeyState = 'waits' | 'signs' | 'retired';

export interface KeyPeriod<Key> {
  readonly key: Key;
  readonly state: KeyState;
  /** Seconds since the epoch, for what it signed to be accepted until then; undefined while there is no successor. */
  readonly publishedUntil: number | undefined;
}

/**
 * How long a key is published once its successor signs: what it has signed may live for a day at most (access tokens, and
 * the news about them), and a cloud takes a moment to notice that another key signs.
 */
export const retirementSeconds = lifetimeRanges.access_token.longest + 10 * 60;

/**
 * What each key is for at a given time, the oldest first. The newest whose time has come signs. That depends on nothing but
 * the file and the clock, so that all processes with that file agree.
 *
 * @param now seconds since the epoch
 */
export function keyPeriods<Key extends ScheduledKey>(
  keys: readonly Key[],
  now: number,
): readonly KeyPeriod<Key>[] {
  const inOrder = keys.toSorted((one, other) => (one.nbf ?? 0) - (other.nbf ?? 0));
  // Where the clock was set back, none may have begun: the oldest is the one that everybody knows.
  const signing = Math.max(
    inOrder.findLastIndex(({ nbf = 0 }) => nbf <= now),
    0,
  );
  return inOrder
    .map((key, index): KeyPeriod<Key> => {
      const successor = inOrder[index + 1];
      return {
        key,
        state: index < signing ? 'retired' : index === signing ? 'signs' : 'waits',
        publishedUntil: successor && (successor.nbf ?? 0) + retirementSeconds,
      };
    })
    .filter(({ state, publishedUntil = Infinity }) => state !== 'retired' || now < publishedUntil);
}
