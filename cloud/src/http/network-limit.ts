import { attemptAll, type CountedKey, RateLimit, type RateLimitOptions } from '../rate-limit.ts';
import { networksOf } from './client-address.ts';

/** How many times as much a network may do as the narrowest one in it, by breadth: of IPv6, a /64, a /56 and a /48. */
type Factors = readonly [number, number, number];

/** Where many people may be in a wide network. */
const forNeighbours: Factors = [1, 4, 16];

/** Of what an account has for everybody: a subscriber who owns a whole /48 must not use it up alone. */
export const sharesOfOneAccount: Factors = [1, 2, 3];

/** Limits how often something happens per network, and in the wider ones around it too: see `networksOf`. */
export class NetworkLimit {
  readonly #byBreadth: readonly RateLimit[];

  /** @param options for the narrowest networks */
  constructor(options: RateLimitOptions, factors: Factors = forNeighbours) {
    this.#byBreadth = factors.map((factor) => new RateLimit({ ...options, limit: factor * options.limit }));
  }

  /**
   * What an attempt counts under.
   *
   * @param address as `clientAddress` returns it
   * @param subject what each network has the limit for, if not for all that it does
   */
  keysOf(address: string, subject = ''): CountedKey[] {
    const networks = networksOf(address).toReversed();
    return this.#byBreadth
      .slice(0, networks.length)
      .map((limit, breadth) => ({ limit, key: `${networks[breadth]} ${subject}` }));
  }

  /** Counts one attempt in all networks of an address or, if one has none left, in none; see `attemptAll`. */
  attempt(address: string): number {
    return attemptAll(this.keysOf(address));
  }
}
