import { BoundedMap } from '../bounded-map.ts';
import { AccessError, invalidToken } from './errors.ts';
import { type AccessTokenClaims, accountOf } from './token-verification.ts';

export interface ChangeConfirmationOptions {
  /**
   * Asks the cloud whether an access token still counts.
   *
   * @throws AccessError `unconfirmed` when it cannot be asked
   */
  readonly isActive: (accessToken: string) => Promise<boolean>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** For so long after it was heard of, the cloud is trusted to have told whose access ended. */
const longestSilenceMilliseconds = 120_000;
/** A page that changes several things at once asks once. */
const goodForMilliseconds = 2_000;
const mostAtOnce = 100;
const mostRemembered = 1_000;

/**
 * Lets whoever has a good token change something while the cloud tells whose access ended. Once nothing was heard of the
 * cloud for two minutes, it is asked about the token first.
 */
export class ChangeConfirmation {
  readonly #options: ChangeConfirmationOptions;
  #heardAt: number | undefined;
  readonly #asked = new Map<string, Promise<boolean>>();
  readonly #answers = new BoundedMap<string, { readonly isActive: boolean; readonly at: number }>(
    mostRemembered,
  );

  constructor(options: ChangeConfirmationOptions) {
    this.#options = options;
  }

  /** The cloud has told everything until now. */
  noteContact(): void {
    this.#heardAt = this.#options.now();
  }

  /**
   * @param claims those of the token
   * @throws AccessError `invalid_token` for a token that does not count any more, `unconfirmed` when nobody can tell
   */
  async confirm(accessToken: string, claims: AccessTokenClaims): Promise<void> {
    if (this.#isSince(this.#heardAt, longestSilenceMilliseconds)) return;
    const { tokenHash } = claims;
    const known = this.#answers.get(tokenHash);
    const isActive = this.#isSince(known?.at, goodForMilliseconds)
      ? known?.isActive
      : await this.#ask(accessToken, tokenHash);
    if (!isActive) {
      throw invalidToken(
        'The cloud says that this access token does not count any more: the sign-in has ended, or what it may do has changed. Renew the token, or sign in again.',
      ).of(accountOf(claims));
    }
  }

  /** A clock that was set back makes nothing look newer than it is. */
  #isSince(instant: number | undefined, milliseconds: number): boolean {
    const age = instant === undefined ? Number.NaN : this.#options.now() - instant;
    return age >= 0 && age <= milliseconds;
  }

  async #ask(accessToken: string, tokenHash: string): Promise<boolean> {
    const asked = this.#asked.get(tokenHash);
    if (asked) return asked;
    if (this.#asked.size >= mostAtOnce) {
      throw new AccessError(
        'unconfirmed',
        'Too many changes wait for the cloud to confirm them. Nothing was changed; try again in a moment.',
      );
    }
    const answer = this.#options.isActive(accessToken).finally(() => this.#asked.delete(tokenHash));
    this.#asked.set(tokenHash, answer);
    const isActive = await answer;
    this.#answers.set(tokenHash, { isActive, at: this.#options.now() });
    return isActive;
  }
}
