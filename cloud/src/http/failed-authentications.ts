import type { IncomingMessage } from 'node:http';
import { HttpError } from '../errors.ts';
import { clientAddress } from './client-address.ts';
import { NetworkLimit } from './network-limit.ts';

/**
 * Limits how often an address shows wrong credentials of instances. They are judged first, and only who fails is refused
 * for it: an instance behind the same NAT as an attacker is let in as ever. Nobody guesses 256 bits; what this bounds is
 * how much is written to the log, and how fast a broken client repeats itself.
 */
export class FailedAuthentications {
  readonly #failures = new NetworkLimit({ limit: 300, windowMilliseconds: 60_000 });

  /** Counts one. Returns what to answer instead, if there were too many. */
  count(incoming: IncomingMessage): HttpError | undefined {
    const secondsToWait = this.#failures.attempt(clientAddress(incoming));
    if (secondsToWait === 0) return undefined;
    return new HttpError(
      429,
      'temporarily_unavailable',
      `From your address came too many wrong credentials. Check those of your instance, and try again in ${secondsToWait} seconds.`,
      { 'Retry-After': String(secondsToWait) },
    );
  }
}
