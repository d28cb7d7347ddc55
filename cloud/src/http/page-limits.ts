import type { IncomingMessage } from 'node:http';
import type { CountedKey } from '../rate-limit.ts';
import { clientAddress } from './client-address.ts';
import { NetworkLimit } from './network-limit.ts';
import { isWebOrigin } from './web-origin.ts';

export interface PageLimitsOptions {
  /** How many requests an address has in a minute, for each of three: programs, one known page, all unknown pages. */
  readonly limit: number;
  /** Whether somebody has signed in to an instance from there. */
  readonly isKnownOrigin: (origin: string) => boolean;
}

/** What a request counts under, and for whom. */
export interface Counted {
  readonly keys: readonly CountedKey[];
  readonly isUnknownPage: boolean;
}

/**
 * Limits by address on what any web page can have its visitor's browser ask. What a page asks counts apart from what
 * programs ask, by its `Origin`, which a page cannot choose: otherwise a hostile one would keep its visitor from signing in.
 * All that nobody is known to have signed in from share what one has, and one takes half of that at most, because the first
 * sign-in at a new instance comes from such a page, too.
 */
export class PageLimits {
  readonly #isKnownOrigin: (origin: string) => boolean;
  readonly #programs: NetworkLimit;
  readonly #knownPage: NetworkLimit;
  readonly #knownPages: NetworkLimit;
  readonly #unknownPage: NetworkLimit;
  readonly #unknownPages: NetworkLimit;

  constructor({ limit, isKnownOrigin }: PageLimitsOptions) {
    const aMinute = (count: number) => new NetworkLimit({ limit: count, windowMilliseconds: 60_000 });
    this.#isKnownOrigin = isKnownOrigin;
    this.#programs = aMinute(limit);
    this.#knownPage = aMinute(limit);
    // Whoever has an account can make origins known, so they count together as well.
    this.#knownPages = aMinute(4 * limit);
    this.#unknownPage = aMinute(limit / 2);
    this.#unknownPages = aMinute(limit);
  }

  keysOf(incoming: IncomingMessage): Counted {
    const { origin } = incoming.headers;
    const address = clientAddress(incoming);
    if (origin === undefined) {
      return { keys: this.#programs.keysOf(address), isUnknownPage: false };
    }
    const isKnown = this.#isKnownOrigin(origin);
    const [page, pages] = isKnown
      ? [this.#knownPage, this.#knownPages]
      : [this.#unknownPage, this.#unknownPages];
    const name = isKnown || isWebOrigin(origin) ? origin : 'null';
    return {
      keys: [...pages.keysOf(address), ...page.keysOf(address, name)],
      isUnknownPage: !isKnown,
    };
  }
}
