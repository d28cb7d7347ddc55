import { type CountedKey, RateLimit } from '../../rate-limit.ts';
import { hashRecoveryCode } from './recovery-codes.ts';

const minute = 60_000;

/** Whoever has a session of the account. Together, or each session would be worth so many guesses. */
export const signedIn = 'signed in';

/**
 * Bounds how often codes are tried. Whoever has a password of somebody else must not lock them out, so five wrong ones in
 * five minutes are counted for each network by itself. Codes of six digits, which could be guessed from many networks, are
 * counted for the account as well, 30 wrong ones an hour: a recovery code is too long for that, and always gets in. What a
 * browser tries that has shown the second factor before is counted for it alone, and what is tried in sessions for them all.
 */
export class SecondFactorAttempts {
  readonly #ofNetwork = new RateLimit({ limit: 5, windowMilliseconds: 5 * minute });
  readonly #ofSuspect = new RateLimit({ limit: 30, windowMilliseconds: 60 * minute });

  /**
   * What an attempt counts under, which is taken back there if the code was right.
   *
   * @param apart who is no stranger: `signedIn`, or which browser it is that has shown the account's second factor before
   */
  keysOf(accountId: string, network: string, code: unknown, apart?: string): readonly CountedKey[] {
    const suspect = apart === undefined ? accountId : `${accountId} ${apart}`;
    const ofNetwork = { limit: this.#ofNetwork, key: `${suspect} ${network}` };
    return typeof code === 'string' && hashRecoveryCode(code) !== undefined
      ? [ofNetwork]
      : [ofNetwork, { limit: this.#ofSuspect, key: suspect }];
  }
}
