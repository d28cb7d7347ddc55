/** This many an account may have in any case: a page of it asks every few seconds. */
const always = 64;
/** So that this is bounded too. */
const accountsOfAlways = 1_000;

/** An account may have this part of the room that is free, and a key of it this much of what its account has left. */
const partOfFreeRoom = 1 / 4;

interface AccountProofs {
  count: number;
  /** When each proof expires, in seconds since the epoch, by the thumbprint of its key and its `jti`. */
  readonly byKey: Map<string, Map<string, number>>;
}

/**
 * Proofs that were used, by account and key, in a bounded number. How much room one gets depends on how much the others
 * left free: a single key gets a ninth, a single account a fifth at most. However many take what they can, there is room
 * for the next.
 */
export class ProofShares {
  readonly #capacity: number;
  readonly #byAccount = new Map<string, AccountProofs>();
  #size = 0;

  /** @param capacity of what is shared; each of the first thousand accounts has a little room besides */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  has(account: string, jkt: string, jti: string): boolean {
    return this.#byAccount.get(account)?.byKey.get(jkt)?.has(jti) === true;
  }

  /** Adds a proof that is not there, unless its account or its key has as many as it may. @returns whether it did */
  add(account: string, jkt: string, jti: string, expiresAtSeconds: number): boolean {
    const known = this.#byAccount.get(account);
    const proofs = known?.byKey.get(jkt);
    const count = known?.count ?? 0;
    const left = (this.#capacity - this.#size) * partOfFreeRoom - count;
    const isAlwaysIn = count < always && (known !== undefined || this.#byAccount.size < accountsOfAlways);
    if (!isAlwaysIn && (proofs?.size ?? 0) >= left) return false;
    const own = known ?? { count: 0, byKey: new Map() };
    if (!known) this.#byAccount.set(account, own);
    if (proofs) proofs.set(jti, expiresAtSeconds);
    else own.byKey.set(jkt, new Map([[jti, expiresAtSeconds]]));
    own.count += 1;
    this.#size += 1;
    return true;
  }

  removeExpired(nowSeconds: number): void {
    for (const [account, own] of this.#byAccount) {
      for (const [jkt, proofs] of own.byKey) {
        const before = proofs.size;
        for (const [jti, expiresAt] of proofs) if (expiresAt < nowSeconds) proofs.delete(jti);
        own.count -= before - proofs.size;
        this.#size -= before - proofs.size;
        if (proofs.size === 0) own.byKey.delete(jkt);
      }
      if (own.byKey.size === 0) this.#byAccount.delete(account);
    }
  }
}
