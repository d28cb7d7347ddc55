import type { IncomingMessage } from 'node:http';
import { type AuthenticationOptions, carriesKnownToken } from '../access/authentication.ts';
import type { ClientAddressOf } from './client-address.ts';
import type { Failure } from './failure.ts';
import { NetworkBuckets } from './network-buckets.ts';
import { networksOf } from './networks.ts';

export interface RequestLimitsOptions {
  readonly clientAddressOf: ClientAddressOf;
  readonly authentication: AuthenticationOptions;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How much work strangers can cause, by the address that they come from. Who has a good token is never counted. */
export class RequestLimits {
  readonly #options: RequestLimitsOptions;
  readonly #anonymous: NetworkBuckets;
  readonly #refused: NetworkBuckets;

  constructor(options: RequestLimitsOptions) {
    this.#options = options;
    // A page asks a few times when it is opened, and every few seconds then.
    this.#anonymous = new NetworkBuckets({ perSecond: 100, burst: 200, now: options.now });
    // Browsers whose token has ended or whose clock is off try again now and then.
    this.#refused = new NetworkBuckets({ perSecond: 10, burst: 50, now: options.now });
  }

  /** Counts a request before anything is done for it. @returns why it is not answered, if so */
  admit(incoming: IncomingMessage, authorization: string | undefined): Failure | undefined {
    const networks = this.#networksOf(incoming);
    if (authorization === undefined) return tooMany('requests', this.#anonymous.take(networks));
    const seconds = this.#refused.secondsToWait(networks);
    // Others of the same address, who are signed in, do not suffer.
    if (seconds === 0 || carriesKnownToken(authorization, this.#options.authentication)) return undefined;
    return tooMany('credentials that were refused', seconds);
  }

  /** Counts a request whose credentials turned out to be bad. */
  countRefusal(incoming: IncomingMessage): void {
    this.#refused.take(this.#networksOf(incoming));
  }

  #networksOf(incoming: IncomingMessage): readonly string[] {
    return networksOf(this.#options.clientAddressOf(incoming));
  }
}

function tooMany(what: string, seconds: number): Failure | undefined {
  if (seconds === 0) return undefined;
  return {
    status: 429,
    code: 'too_many_requests',
    message: `From your address came too many ${what}. Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
    headers: { 'Retry-After': String(seconds) },
  };
}
