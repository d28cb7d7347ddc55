import { attemptAll, type CountedKey, RateLimit, type RateLimitOptions } from '../rate-limit.ts';
import { networksOf } from './client-address.ts';

/**
 * How many times as much a network may do as the narrowest one in it, by breadth: of IPv6, a /64, a /56, a /48 and a /32;
 * of IPv4, an address, a /24, a /20 and a /16.
 */
type Factors = readonly [number, number, number, number];

/** Where many people may be in a wide network. */
const forNeighbours: Factors = [1, 4, 16, 64];

/** Of what an account has for everybody: whoever owns the widest must not use it up alone. */
export const sharesOfOneAccount: Factors = [1, 2, 3, 3.5];

/** Limits how often something happens per network, and in the wider ones around it too: see `networksOf`. */
export class NetworkLimit {
  readonly #byBreadth: readonly RateLimit[];

  /** @param options for the narrowest networks */
  constructor(options: RateLimitOptions, factors: Factors = forNeighbours) {
    this.#byBreadth = factors.map(
      (factor) => new RateLimit({ ...options, limit: Math.floor(factor * options.limit) }),
    );
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
