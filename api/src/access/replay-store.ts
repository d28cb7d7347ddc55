/** What became of an attempt to use a proof. */
export type ReplayOutcome = 'first-use' | 'replayed' | 'full';

/**
 * Remembers which proofs were used, as long as they could be used again. Check and insertion are one synchronous step,
 * so that of any number of simultaneous attempts exactly one is the first.
 *
 * It is bounded: when it is full of proofs that are still fresh, new ones are refused rather than old ones forgotten.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-11.1 RFC 9449 section 11.1}
 */
export class ReplayStore {
  readonly #capacity: number;
  readonly #expiresAt = new Map<string, number>();
  #nextSweepAt = 0;

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  /**
   * @param id identifies the proof, of bounded length
   * @param expiresAtMilliseconds when the proof is refused for its age anyway
   */
  use(id: string, expiresAtMilliseconds: number, nowMilliseconds: number): ReplayOutcome {
    if (nowMilliseconds >= this.#nextSweepAt) this.#sweep(nowMilliseconds);
    if (this.#expiresAt.has(id)) return 'replayed';
    if (this.#expiresAt.size >= this.#capacity) return 'full';
    this.#expiresAt.set(id, expiresAtMilliseconds);
    return 'first-use';
  }

  get size(): number {
    return this.#expiresAt.size;
  }

  #sweep(nowMilliseconds: number): void {
    for (const [id, expiresAt] of this.#expiresAt) {
      if (expiresAt < nowMilliseconds) this.#expiresAt.delete(id);
    }
    this.#nextSweepAt = nowMilliseconds + 1_000;
  }
}
