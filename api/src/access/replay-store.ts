// Whoever has a token can use as many proofs as they like, so what is remembered of them has to be bounded, and nobody
// may use up the room of others.

import { ProofShares } from './proof-shares.ts';

/** What became of an attempt to use a proof. */
export type ReplayOutcome = 'first-use' | 'replayed' | 'too-many';

/** Whose proof is used. */
export interface ProofHolder {
  /** The account that the access token speaks for. */
  readonly account: string;
  /** Whether it is of the workspace that owns the instance. */
  readonly isMember: boolean;
}

export interface UsedProof {
  readonly holder: ProofHolder;
  /** Thumbprint of its key. */
  readonly jkt: string;
  /** Identifies it among those of its key; of bounded length. */
  readonly jti: string;
}

/** How many proofs are remembered at most. */
export interface ReplayCapacity {
  readonly members: number;
  /** Of all who sign in while nobody owns the instance: that may be anybody. */
  readonly strangers: number;
}

const defaultCapacity: ReplayCapacity = { members: 150_000, strangers: 20_000 };

/**
 * Remembers which proofs were used, as long as they could be used again. Check and insertion are one synchronous step,
 * so that of any number of simultaneous attempts exactly one is the first.
 *
 * It is bounded: whose share is full of proofs that are still fresh has new ones refused, and nobody's are forgotten.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-11.1 RFC 9449 section 11.1}
 */
export class ReplayStore {
  readonly #members: ProofShares;
  readonly #strangers: ProofShares;
  #nextSweepAt = 0;

  constructor({ members, strangers } = defaultCapacity) {
    this.#members = new ProofShares(members);
    this.#strangers = new ProofShares(strangers);
  }

  /** @param expiresAtMilliseconds when the proof is refused for its age anyway */
  use(
    { holder, jkt, jti }: UsedProof,
    expiresAtMilliseconds: number,
    nowMilliseconds: number,
  ): ReplayOutcome {
    if (nowMilliseconds >= this.#nextSweepAt) this.#sweep(nowMilliseconds);
    const { account, isMember } = holder;
    // Among all: a stranger becomes a member with a proof that must not be used again.
    if (this.#members.has(account, jkt, jti) || this.#strangers.has(account, jkt, jti)) return 'replayed';
    const shares = isMember ? this.#members : this.#strangers;
    // Whole seconds take half the memory.
    return shares.add(account, jkt, jti, Math.ceil(expiresAtMilliseconds / 1_000)) ? 'first-use' : 'too-many';
  }

  get size(): number {
    return this.#members.size + this.#strangers.size;
  }

  #sweep(nowMilliseconds: number): void {
    const nowSeconds = nowMilliseconds / 1_000;
    this.#members.removeExpired(nowSeconds);
    this.#strangers.removeExpired(nowSeconds);
    // To look at all takes a while when there are many.
    this.#nextSweepAt = nowMilliseconds + 1_000 + this.size / 20;
  }
}
