import { type CountedKey, RateLimit } from '../../rate-limit.ts';
import { hashRecoveryCode } from './recovery-codes.ts';

const minute = 60_000;

/**
 * Bounds how often codes are tried. Whoever has a password of somebody else must not lock them out, so five wrong ones in
 * five minutes are counted for each network by itself. Codes of six digits, which could be guessed from many networks, are
 * counted for the account as well, 30 wrong ones an hour: a recovery code is too long for that, and always gets in.
 */
export class SecondFactorAttempts {
  readonly #ofNetwork = new RateLimit({ limit: 5, windowMilliseconds: 5 * minute });
  readonly #ofAccount = new RateLimit({ limit: 30, windowMilliseconds: 60 * minute });

  /** What an attempt counts under, which is taken back there if the code was right. */
  keysOf(accountId: string, network: string, code: unknown): readonly CountedKey[] {
    const ofNetwork = { limit: this.#ofNetwork, key: `${accountId} ${network}` };
    return typeof code === 'string' && hashRecoveryCode(code) !== undefined
      ? [ofNetwork]
      : [ofNetwork, { limit: this.#ofAccount, key: accountId }];
  }
}
