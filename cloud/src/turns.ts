/** Turns that callers have one at a time, first come, first served. */
export class Turns {
  readonly #queue: (() => void)[] = [];
  #isFree = true;

  /** Resolves when it is the caller's turn, which lasts until `pass`. */
  async take(): Promise<void> {
    if (this.#isFree) {
      this.#isFree = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push(resolve);
    await promise;
  }

  /** Ends the caller's turn: it goes straight to whoever waits longest. */
  pass(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#isFree = true;
  }
}
