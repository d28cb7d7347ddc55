import { type TokenBucketOptions, TokenBuckets } from './token-buckets.ts';

/** How many times as much a network may do as the narrower ones within it, from the narrowest on. */
const factors = [1, 4, 16, 64];

/** Limits how often something happens per network, and within wide ones too: see `networksOf`. */
export class NetworkBuckets {
  readonly #byBreadth: readonly TokenBuckets[];

  /** @param options for the narrowest networks */
  constructor({ perSecond, burst, now }: TokenBucketOptions) {
    this.#byBreadth = factors.map(
      (factor) => new TokenBuckets({ perSecond: factor * perSecond, burst: factor * burst, now }),
    );
  }

  /** Takes one. Returns 0 if there was one, otherwise the whole seconds until there is, and then nothing is taken. */
  take(networks: readonly string[]): number {
    const seconds = this.secondsToWait(networks);
    // What is refused to a narrow network must not use up what its neighbours have.
    if (seconds === 0) for (const [breadth, name] of networks.entries()) this.#byBreadth[breadth]?.take(name);
    return seconds;
  }

  /** Whole seconds until there is one to take, 0 for now. */
  secondsToWait(networks: readonly string[]): number {
    const waits = networks.map((name, breadth) => this.#byBreadth[breadth]?.secondsToWait(name) ?? 0);
    return Math.max(0, ...waits);
  }
}
