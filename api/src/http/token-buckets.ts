import { BoundedMap } from '../bounded-map.ts';

export interface TokenBucketOptions {
  /** How many come back per second. */
  readonly perSecond: number;
  /** How many there are at most, and at first. */
  readonly burst: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Beyond this many keys the oldest is forgotten: a flood of addresses must not become a flood of memory. */
const maximumKeys = 10_000;

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Limits how often something happens per key, evenly: who was quiet may do much at once, and then goes on slowly. */
export class TokenBuckets {
  readonly #options: TokenBucketOptions;
  readonly #buckets = new BoundedMap<string, Bucket>(maximumKeys);

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  /** Takes one. Returns 0 if there was one, otherwise the whole seconds until there is. */
  take(key: string): number {
    const bucket = this.#bucketOf(key);
    const isThere = bucket.tokens >= 1;
    this.#buckets.set(key, isThere ? { ...bucket, tokens: bucket.tokens - 1 } : bucket);
    return isThere ? 0 : this.#secondsToWait(bucket);
  }

  /** Whole seconds until there is one to take, 0 for now. */
  secondsToWait(key: string): number {
    return this.#secondsToWait(this.#bucketOf(key));
  }

  #secondsToWait({ tokens }: Bucket): number {
    return tokens < 1 ? Math.ceil((1 - tokens) / this.#options.perSecond) : 0;
  }

  #bucketOf(key: string): Bucket {
    const { perSecond, burst, now } = this.#options;
    const at = now();
    const known = this.#buckets.get(key);
    if (!known) return { tokens: burst, at };
    // A clock that was set back gives nothing and takes nothing.
    const elapsedSeconds = Math.max(0, at - known.at) / 1_000;
    return { tokens: Math.min(burst, known.tokens + elapsedSeconds * perSecond), at };
  }
}
