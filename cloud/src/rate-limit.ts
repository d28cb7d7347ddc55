export interface RateLimitOptions {
  /** How many attempts one key has in one window. */
  readonly limit: number;
  readonly windowMilliseconds: number;
  readonly now?: () => number;
}

interface Window {
  attempts: number;
  endsAt: number;
}

/** Beyond this many keys the oldest window is forgotten: a flood of addresses must not become a flood of memory. */
const maximumKeys = 10_000;

/** Counts attempts per key in fixed windows, in memory. Attempts beyond the limit do not prolong the window. */
export class RateLimit {
  readonly #limit: number;
  readonly #windowMilliseconds: number;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor({ limit, windowMilliseconds, now = Date.now }: RateLimitOptions) {
    this.#limit = limit;
    this.#windowMilliseconds = windowMilliseconds;
    this.#now = now;
  }

  /** Counts one attempt. Returns 0 if it is allowed, otherwise the seconds until the next one is. */
  attempt(key: string): number {
    const secondsToWait = this.secondsToWait(key);
    if (secondsToWait === 0) this.#window(key).attempts += 1;
    return secondsToWait;
  }

  /** Undoes one attempt that was allowed and turned out not to count. */
  takeBack(key: string): void {
    const window = this.#windows.get(key);
    if (window && window.attempts > 0) window.attempts -= 1;
  }

  /** Seconds until `key` may try again, 0 for at once; counts nothing. */
  secondsToWait(key: string): number {
    const window = this.#windows.get(key);
    const remaining = window ? window.endsAt - this.#now() : 0;
    return window && remaining > 0 && window.attempts >= this.#limit ? Math.ceil(remaining / 1000) : 0;
  }

  #window(key: string): Window {
    const current = this.#windows.get(key);
    if (current && current.endsAt > this.#now()) return current;

    this.#windows.delete(key);
    const oldest = this.#windows.keys().next();
    if (this.#windows.size >= maximumKeys && !oldest.done) this.#windows.delete(oldest.value);
    const window = { attempts: 0, endsAt: this.#now() + this.#windowMilliseconds };
    this.#windows.set(key, window);
    return window;
  }
}

/** A limit, and the key that an attempt counts under there. */
export interface CountedKey {
  readonly limit: RateLimit;
  readonly key: string;
}

/** Undoes an attempt that `attemptAll` has counted. */
export function takeBackAll(counted: readonly CountedKey[]): void {
  for (const { limit, key } of counted) limit.takeBack(key);
}

/** Counts one attempt under every key, or, if one limit refuses it, under none. Returns what `attempt` does. */
export function attemptAll(counted: readonly CountedKey[]): number {
  const secondsToWait = Math.max(0, ...counted.map(({ limit, key }) => limit.secondsToWait(key)));
  if (secondsToWait === 0) for (const { limit, key } of counted) limit.attempt(key);
  return secondsToWait;
}
