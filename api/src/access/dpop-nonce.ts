import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { clockToleranceSeconds } from './clock-difference.ts';

/** How long a nonce is handed out, in milliseconds; it is accepted as long again. */
const windowMilliseconds = 120_000;
const nonceBytes = 16;

/** Which proofs have to contain a nonce. */
export interface NonceDemand {
  readonly nonces: DpopNonces;
  /** Those made until then (`iat`, in seconds since the epoch). */
  readonly madeUntil: number;
}

/**
 * The demand of a process that has just started: of proofs that may have been used before, which it cannot remember. A
 * clock that is ahead may have dated them after the start.
 *
 * @param startedAt milliseconds since the epoch
 */
export function demandAfterStart(nonces: DpopNonces, startedAt: number): NonceDemand {
  return { nonces, madeUntil: startedAt / 1_000 + clockToleranceSeconds + 1 };
}

/**
 * What DPoP proofs have to contain, so that nobody can make them in advance. A nonce follows from the time and a key that
 * lives as long as the process: nothing is stored, and nobody can foretell one.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-9 RFC 9449 section 9}
 */
export class DpopNonces {
  readonly #key = randomBytes(32);
  readonly #now: () => number;
  #latest: { readonly window: number; readonly nonce: string } | undefined;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The one to use from now on. */
  get current(): string {
    const window = this.#window;
    if (this.#latest?.window !== window) this.#latest = { window, nonce: this.#make(window) };
    return this.#latest.nonce;
  }

  /** Whether `nonce` is the current one or the one before. */
  accepts(nonce: unknown): boolean {
    if (typeof nonce !== 'string') return false;
    return isSame(nonce, this.current) || isSame(nonce, this.#make(this.#window - 1));
  }

  get #window(): number {
    return Math.floor(this.#now() / windowMilliseconds);
  }

  #make(window: number): string {
    const digest = createHmac('sha256', this.#key).update(String(window)).digest();
    return digest.subarray(0, nonceBytes).toString('base64url');
  }
}

function isSame(given: string, nonce: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(nonce)];
  return left.length === right.length && timingSafeEqual(left, right);
}
