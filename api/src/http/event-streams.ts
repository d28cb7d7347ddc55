import type { ServerResponse } from 'node:http';
import type { AccessTokenClaims } from '../access/token-verification.ts';
import type { Clock } from '../clock.ts';
import { EventStream, type ResultStream } from './event-stream.ts';
import type { Failure } from './failure.ts';

/** How many streams may be open, so that nobody can take the memory and the sockets of others. */
export interface StreamLimits {
  /** Of one session, which is an account with a key. */
  readonly perSession: number;
  readonly perAccount: number;
  readonly inAll: number;
  /** This many of all are for accounts that have no more than one session may. */
  readonly reserve: number;
}

const defaultLimits: StreamLimits = { perSession: 8, perAccount: 32, inAll: 256, reserve: 64 };

const tooManyOfSession: Failure = {
  status: 429,
  code: 'too_many_streams',
  message: 'This session has too many subscriptions open. Close some of its pages, then try again.',
};

const tooManyOfAccount: Failure = {
  status: 429,
  code: 'too_many_streams',
  message:
    'Your account has too many subscriptions open. Close some of its pages, in other browsers too, then try again.',
};

const tooManyInAll: Failure = {
  status: 503,
  code: 'too_many_streams',
  message: 'This instance has too many subscriptions open. Try again later.',
};

interface OpenStream {
  readonly claims: AccessTokenClaims;
  readonly closed: Promise<void>;
}

/** All event streams of an instance. Disposing of it ends them, with last words. */
export class EventStreams implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #isStillAllowed: (claims: AccessTokenClaims) => boolean;
  readonly #limits: StreamLimits;
  /** The open streams, by the sessions that they belong to. */
  readonly #open = new Map<EventStream, OpenStream>();
  #isStopping = false;

  /** @param isStillAllowed whether those who began a stream may still have it */
  constructor(clock: Clock, isStillAllowed: (claims: AccessTokenClaims) => boolean, limits = defaultLimits) {
    this.#clock = clock;
    this.#isStillAllowed = isStillAllowed;
    this.#limits = limits;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Sends `results` as they come, for as long as the token of `claims` lives and the client listens; leaves them in
   * every case.
   *
   * @returns what to answer instead, when there are too many streams
   */
  async send(
    results: ResultStream,
    outgoing: ServerResponse,
    claims: AccessTokenClaims,
  ): Promise<Failure | undefined> {
    const refusal = this.#refusalFor(claims);
    if (refusal) {
      await results[Symbol.asyncIterator]().return?.();
      return refusal;
    }
    const stream = new EventStream(outgoing);
    if (this.#isStopping) stream.end('stopping');
    const over = new AbortController();
    const closed = stream.send(results, () => (this.#isStillAllowed(claims) ? undefined : 'access_denied'));
    this.#open.set(stream, { claims, closed });
    this.#clock.sleep(claims.exp * 1_000 - this.#clock.now(), over.signal).then(
      () => stream.end('token_expired'),
      () => undefined,
    );
    try {
      await closed;
    } finally {
      over.abort();
      this.#open.delete(stream);
    }
    return undefined;
  }

  /** Ends the streams of those who may not have them any more. */
  review(): void {
    for (const [stream, { claims }] of this.#open)
      if (!this.#isStillAllowed(claims)) stream.end('access_denied');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    const open = [...this.#open];
    for (const [stream] of open) stream.end('stopping');
    await Promise.allSettled(open.map(async ([, { closed }]) => closed));
  }

  #refusalFor({ sub, jkt }: AccessTokenClaims): Failure | undefined {
    const { perSession, perAccount, inAll, reserve } = this.#limits;
    const ofAccount = [...this.#open.values()].filter(({ claims }) => claims.sub === sub);
    const ofSession = ofAccount.filter(({ claims }) => claims.jkt === jkt);
    if (ofSession.length >= perSession) return tooManyOfSession;
    if (ofAccount.length >= perAccount) return tooManyOfAccount;
    const places = ofAccount.length < perSession ? inAll : inAll - reserve;
    return this.#open.size >= places ? tooManyInAll : undefined;
  }
}
