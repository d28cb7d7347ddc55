import { HttpError } from './errors.ts';

export interface TurnsOptions {
  /** How many callers have a turn at a time; one unless given. */
  readonly atOnce?: number;
  /** How many may wait for theirs; any number unless given. */
  readonly waiting?: number;
}

/** When it is worth while to come again: by then all who wait now are done. */
const retryAfterSeconds = 5;

/** Turns that callers have, first come, first served. */
export class Turns {
  readonly #queue: (() => void)[] = [];
  readonly #waiting: number;
  #free: number;

  constructor({ atOnce = 1, waiting = Number.POSITIVE_INFINITY }: TurnsOptions = {}) {
    this.#free = atOnce;
    this.#waiting = waiting;
  }

  /**
   * Resolves when it is the caller's turn, which lasts until `pass`.
   *
   * @throws {HttpError} 503 `temporarily_unavailable` if too many wait already
   */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    if (this.#queue.length >= this.#waiting) {
      throw new HttpError(
        503,
        'temporarily_unavailable',
        `The cloud has too much to do at the moment. Try again in ${retryAfterSeconds} seconds.`,
        { 'Retry-After': String(retryAfterSeconds) },
      );
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push(resolve);
    await promise;
  }

  /** Ends the caller's turn: it goes straight to whoever waits longest. */
  pass(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free += 1;
  }

  /** Does something in a turn. @throws {HttpError} as `take` */
  async during<Result>(act: () => Promise<Result>): Promise<Result> {
    await this.take();
    try {
      return await act();
    } finally {
      this.pass();
    }
  }
}
