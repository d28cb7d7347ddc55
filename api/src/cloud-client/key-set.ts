import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';
import { AccessError } from '../access/errors.ts';
import type { SigningKeys } from '../access/token-verification.ts';
import { CloudUnreachableError } from './errors.ts';
import type { PublicKeys } from './saved-keys.ts';

/** Tokens with made-up key ids must not make the instance flood its cloud (security.md row 25). */
const cooldownMilliseconds = 30_000;
/** How soon a key that the cloud withdrew stops being accepted. */
const maxAgeMilliseconds = 600_000;
const maxKeys = 50;

/**
 * The cloud's public signing keys. An unknown key id fetches them again, for all who wait in one request, at most once
 * in 30 s. Known keys are used without waiting, and while the cloud is down.
 */
export class KeySet implements SigningKeys {
  readonly #fetchKeySet: () => Promise<Response>;
  readonly #now: () => number;
  readonly #onFetched: (keys: PublicKeys) => Promise<void>;
  #keys: PublicKeys | undefined;
  #inFlight: Promise<void> | undefined;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #lastError: unknown;

  /**
   * @param fetchKeySet asks the cloud for its JWK Set
   * @param now milliseconds since the epoch
   * @param saved the keys that an earlier run fetched
   * @param onFetched called with the keys each time that they were fetched; does not throw
   */
  constructor(
    fetchKeySet: () => Promise<Response>,
    now: () => number,
    saved?: PublicKeys,
    onFetched: (keys: PublicKeys) => Promise<void> = async () => undefined,
  ) {
    this.#fetchKeySet = fetchKeySet;
    this.#now = now;
    this.#keys = saved;
    this.#onFetched = onFetched;
  }

  async find(kid: string): Promise<KeyObject | undefined> {
    const known = this.current(kid);
    if (known) return known;
    if (this.#inFlight || this.#cooldownLeft() <= 0) await this.refresh().catch(() => undefined);
    const key = this.#keys?.get(kid);
    // A key that nobody could ask for is no reason to call the token invalid: that would end honest sessions.
    if (!key && this.#lastError !== undefined) {
      throw new AccessError(
        'cloud_unavailable',
        'The instance cannot check this sign-in because its cloud does not answer. Try again in a moment.',
        { cause: this.#lastError },
      );
    }
    return key;
  }

  async findForCloud(kid: string): Promise<KeyObject | undefined> {
    const known = this.current(kid);
    if (known) return known;
    await this.refresh();
    return this.#keys?.get(kid);
  }

  secondsUntilFetch(): number {
    // One more than the whole ones that are left: who comes back then is not early.
    return Math.floor(Math.max(this.#cooldownLeft(), 0) / 1_000) + 1;
  }

  current(kid: string): KeyObject | undefined {
    this.refreshIfOld();
    return this.#keys?.get(kid);
  }

  /** Nobody waits for it. Done also while nobody asks, or the first who does would be judged by a withdrawn key. */
  refreshIfOld(): void {
    if (this.#now() - this.#attemptedAt > maxAgeMilliseconds) void this.refresh().catch(() => undefined);
  }

  /** Fetches the keys now. @throws CloudUnreachableError */
  async refresh(): Promise<void> {
    this.#inFlight ??= this.#load().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  /** In milliseconds; none where the clock was set back. */
  #cooldownLeft(): number {
    const age = this.#now() - this.#attemptedAt;
    return age < 0 ? 0 : cooldownMilliseconds - age;
  }

  async #load(): Promise<void> {
    this.#attemptedAt = this.#now();
    try {
      this.#keys = await processKeySetResponse(await this.#fetchKeySet(), this.#keys);
      this.#lastError = undefined;
      await this.#onFetched(this.#keys);
    } catch (error) {
      this.#lastError = error;
      throw error;
    }
  }
}

/**
 * @param previous keys that are unchanged keep their identity
 * @returns the ES256 verification keys by key id; keys of other kinds are left out
 * @throws CloudUnreachableError when the answer is no JWK Set
 * @see {@link https://www.rfc-editor.org/rfc/rfc7517#section-5 RFC 7517 section 5}
 */
export async function processKeySetResponse(response: Response, previous?: PublicKeys): Promise<PublicKeys> {
  const body =
    response.status === 200 ? ((await response.json().catch(() => undefined)) as unknown) : undefined;
  const jwks = typeof body === 'object' && body !== null && 'keys' in body ? body.keys : undefined;
  if (!Array.isArray(jwks) || jwks.length > maxKeys)
    throw new CloudUnreachableError('its signing keys cannot be read');
  const keys = new Map<string, KeyObject>();
  for (const jwk of jwks as Record<string, unknown>[]) {
    if (typeof jwk !== 'object' || jwk === null) continue;
    const { kty, crv, x, y, kid, use, alg } = jwk;
    const isVerificationKey = (use === undefined || use === 'sig') && (alg === undefined || alg === 'ES256');
    if (kty !== 'EC' || crv !== 'P-256' || typeof kid !== 'string' || !isVerificationKey) continue;
    try {
      const key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' } as JsonWebKeyInput);
      const known = previous?.get(kid);
      keys.set(kid, known?.equals(key) ? known : key);
    } catch (cause) {
      throw new CloudUnreachableError('its signing keys cannot be read', { cause });
    }
  }
  // A cloud that signs has a key. Without one, everybody would be signed out.
  if (keys.size === 0) throw new CloudUnreachableError('it publishes no signing key');
  return keys;
}
