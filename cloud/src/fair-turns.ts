import { HttpError } from './errors.ts';
import { FairQueue } from './fair-queue.ts';
import { currentRequester } from './http/requester.ts';

export interface FairTurnsOptions {
  /** How many callers have a turn at a time; one unless given. */
  readonly atOnce?: number;
  /** How many may wait for theirs. */
  readonly waiting: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: HttpError) => void;
}

/** When it is worth while to come again: by then all who wait now are done. */
const retryAfterSeconds = 5;

/**
 * Turns that callers have: networks one after the other, and within a network first come, first served. When too many
 * wait, a network that has fewer gets a place of the one that has most. Whoever hangs up waits no longer.
 */
export class FairTurns {
  readonly #queue = new FairQueue<Waiting>();
  readonly #waiting: number;
  #free: number;

  constructor({ atOnce = 1, waiting }: FairTurnsOptions) {
    this.#free = atOnce;
    this.#waiting = waiting;
  }

  /** Does something in a turn. @throws {HttpError} 503 `temporarily_unavailable` if too many wait */
  async during<Result>(act: () => Promise<Result>): Promise<Result> {
    await this.#take();
    try {
      return await act();
    } finally {
      this.#pass();
    }
  }

  async #take(): Promise<void> {
    const { networks = [''], signal } = currentRequester() ?? {};
    if (signal?.aborted) throw tooMuchToDo();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve: begin, reject: refuse } = Promise.withResolvers<void>();
    const waiting = { begin, refuse };
    this.#queue.add(networks, waiting);
    if (this.#queue.size > this.#waiting) this.#queue.dropFromLargest(networks)?.refuse(tooMuchToDo());
    const leave = () => {
      if (this.#queue.remove(networks, waiting)) refuse(tooMuchToDo());
    };
    signal?.addEventListener('abort', leave);
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Ends the caller's turn: it goes straight to the next. */
  #pass(): void {
    const next = this.#queue.shift();
    if (next) next.begin();
    else this.#free += 1;
  }
}

function tooMuchToDo(): HttpError {
  return new HttpError(
    503,
    'temporarily_unavailable',
    `The cloud has too much to do at the moment. Try again in ${retryAfterSeconds} seconds.`,
    { 'Retry-After': String(retryAfterSeconds) },
  );
}
