import { NetworkLimit, sharesOfOneAccount } from '../../http/network-limit.ts';
import { type CountedKey, RateLimit } from '../../rate-limit.ts';
import { hashRecoveryCode } from './recovery-codes.ts';

const minute = 60_000;

/** Whoever has a session of the account. Together, or each session would be worth so many guesses. */
export const signedIn = 'signed in';

/**
 * Bounds how often codes are tried. Whoever has a password of somebody else must not lock them out, so five wrong ones in
 * five minutes are counted for each network by itself, and a few more for the wider ones around it. Codes of six digits,
 * which could be guessed from many networks, are counted for the account as well, 30 wrong ones an hour, of which each
 * network has a share: a recovery code is too long for that, and always gets in. What a browser tries that has shown the
 * second factor before is counted for it alone, and what is tried in sessions for them all.
 */
export class SecondFactorAttempts {
  readonly #ofNetwork = new NetworkLimit({ limit: 5, windowMilliseconds: 5 * minute }, sharesOfOneAccount);
  readonly #shares = new NetworkLimit({ limit: 8, windowMilliseconds: 60 * minute }, sharesOfOneAccount);
  readonly #ofSuspect = new RateLimit({ limit: 30, windowMilliseconds: 60 * minute });

  /**
   * What an attempt counts under, which is taken back there if the code was right.
   *
   * @param address that it came from, as `clientAddress` returns it
   * @param apart who is no stranger: `signedIn`, or which browser it is that has shown the account's second factor before
   */
  keysOf(accountId: string, address: string, code: unknown, apart?: string): readonly CountedKey[] {
    const suspect = apart === undefined ? accountId : `${accountId} ${apart}`;
    const ofNetworks = this.#ofNetwork.keysOf(address, suspect);
    return typeof code === 'string' && hashRecoveryCode(code) !== undefined
      ? ofNetworks
      : [...ofNetworks, ...this.#shares.keysOf(address, suspect), { limit: this.#ofSuspect, key: suspect }];
  }
}
