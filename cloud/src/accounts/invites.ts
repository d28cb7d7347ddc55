import type { OneTimeTokens } from './one-time-tokens.ts';

/** How long an invitation is good for, unless it is said otherwise. */
export const defaultInviteDays = 7;

const daySeconds = 24 * 60 * 60;

/** Invitations, each for one account. */
export class Invites {
  readonly #tokens: OneTimeTokens;

  constructor(tokens: OneTimeTokens) {
    this.#tokens = tokens;
  }

  /** The token of a new invitation. Its subject is when it ends, so that one that is given back lives no longer. */
  async create(days: number): Promise<string> {
    const seconds = days * daySeconds;
    return this.#tokens.issue('invite', String(Date.now() + seconds * 1_000), seconds);
  }

  /** Whether an invitation could be used now. */
  async isGood(token: string): Promise<boolean> {
    return (await this.#tokens.subjectOf('invite', token)) !== undefined;
  }

  /** Uses an invitation up; `undefined` if it is not good. The answer gives it back. */
  async redeem(token: string): Promise<(() => Promise<void>) | undefined> {
    const endsAt = await this.#tokens.redeem('invite', token);
    if (endsAt === undefined) return undefined;
    return async () => this.#tokens.restore('invite', token, endsAt, Number(endsAt));
  }
}
