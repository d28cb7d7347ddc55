// The instance's life at its cloud: discovery, the end of a registration that was given up, registration once, an
// instance token that is always fresh. Whatever fails is told and tried again with back-off; nothing here ends the
// instance.

import { describeClockDifference } from '../access/clock-difference.ts';
import { AccessError } from '../access/errors.ts';
import type { InstanceClaim } from '../claim/claim-store.ts';
import type { Clock } from '../clock.ts';
import { describeError, StartupError, systemErrorCode } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { NoticeBoard } from '../notices.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import { backOffMilliseconds } from './back-off.ts';
import { type CloudFetch, createCloudFetch } from './cloud-fetch.ts';
import { isTokenRefusal } from './credentials-refusal.ts';
import { deregister, readPendingDeregistration, removePendingDeregistration } from './deregistration.ts';
import { type CloudMetadata, discover } from './discovery.ts';
import {
  CloudUnreachableError,
  CredentialsRefusedError,
  RegistrationRefusedError,
  unreachableMessage,
} from './errors.ts';
import {
  type InstanceToken,
  readInstanceToken,
  renewalTime,
  requestInstanceToken,
  saveInstanceToken,
} from './instance-token.ts';
import { introspect } from './introspection.ts';
import { KeySet } from './key-set.ts';
import type { InstanceApi, InstanceApiRequest } from './ownership.ts';
import {
  forgetRegistration,
  type Registration,
  readRegistration,
  register,
  saveRegistration,
} from './registration.ts';
import { type OwnedRegistration, RegistrationKeyRefusedError, registerByKey } from './registration-by-key.ts';
import { type PublicKeys, readSavedKeys, saveKeys } from './saved-keys.ts';

export interface CloudConnectionOptions {
  readonly issuer: string;
  readonly softwareVersion: string;
  readonly secrets: SecretsStore;
  readonly notices: NoticeBoard;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Ends `run` and every request. */
  readonly signal: AbortSignal;
  /** For one request; 10 s unless given. */
  readonly timeoutMilliseconds?: number | undefined;
  /** With which it registers, if it has to; without one it registers for nobody. */
  readonly registrationKey?: string | undefined;
  /** Called when it was registered with the key, and its owner is pinned. */
  readonly onRegisteredByKey: (claim: InstanceClaim) => void;
  /** Called each time the cloud was reached and accepts the instance's credentials; failures count as the cloud's. */
  readonly onConnected: (api: InstanceApi) => Promise<void>;
  /** Called when the cloud refuses credentials of the instance that it has accepted, and so everybody's. */
  readonly onRefused: () => void;
}

/** A token that is about to expire is not sent any more. */
const usableMarginMilliseconds = 5_000;
const longestRetryAfterSeconds = 300;
const shortestWaitMilliseconds = 1_000;

const failureNotices = [
  'CLOUD_UNREACHABLE',
  'REGISTRATION_REFUSED',
  'REGISTRATION_KEY_REFUSED',
  'CREDENTIALS_REFUSED',
  'SECRETS_NOT_SAVED',
] as const;

export class CloudConnection {
  /** The cloud's public signing keys. */
  readonly keys: KeySet;
  readonly #options: CloudConnectionOptions;
  readonly #cloudFetch: CloudFetch;
  #metadata: CloudMetadata | undefined;
  #unsavedRegistration: Registration | OwnedRegistration | undefined;
  #isDeregistrationLate = false;
  /** Nothing has shown yet that the cloud accepts what it registered. */
  #isRegistrationUntried = false;
  #renewal: Promise<InstanceToken> | undefined;
  #isRefused = false;
  /** Ends the pause of `run`. */
  #pause = new AbortController();

  constructor(options: CloudConnectionOptions) {
    this.#options = options;
    this.#cloudFetch = createCloudFetch({
      fetch: options.fetch,
      now: () => options.clock.now(),
      signal: options.signal,
      timeoutMilliseconds: options.timeoutMilliseconds,
      onDate: (cloudTime, receivedAt) => this.#compareClocks(cloudTime, receivedAt),
    });
    this.keys = new KeySet(
      async () => this.#cloudFetch((this.#metadata ?? (await this.#discover())).jwksUri),
      () => options.clock.now(),
      readSavedKeys(options.secrets, options.issuer, options.clock.now()),
      async (keys) => this.#saveKeys(keys),
    );
  }

  /** What the cloud published when it was last reached; undefined before. */
  get metadata(): CloudMetadata | undefined {
    return this.#metadata;
  }

  get registration(): Registration | undefined {
    return readRegistration(this.#options.secrets);
  }

  /** Whether the cloud refused the instance's own credentials when they were last used: it has removed the instance. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /**
   * Stays connected until the signal aborts: resolves then, and never rejects. It resolves also when the registration key
   * is refused: to try that again would change nothing, and to register without it would let anybody claim the instance.
   */
  async run(): Promise<void> {
    const { clock, signal } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      let waitMilliseconds: number;
      try {
        waitMilliseconds = (await this.#connect()) - clock.now();
        failures = 0;
        for (const code of failureNotices) this.#options.notices.clear(code);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof RegistrationKeyRefusedError) {
          this.#raiseOnly('REGISTRATION_KEY_REFUSED', error.message);
          return;
        }
        failures += 1;
        waitMilliseconds = this.#waitAfter(error, failures);
      }
      this.#pause = new AbortController();
      // Only the signals end a sleep early.
      await clock
        .sleep(
          Math.max(waitMilliseconds, shortestWaitMilliseconds),
          AbortSignal.any([signal, this.#pause.signal]),
        )
        .catch(() => undefined);
    }
  }

  /**
   * Sends a request with the instance token; a token that the cloud refuses is renewed once.
   *
   * @throws CloudUnreachableError | CredentialsRefusedError
   */
  readonly api: InstanceApi = async (path, init) => {
    const response = await this.#send(path, init, await this.#usableToken());
    if (response.status !== 401) return response;
    const second = await this.#send(path, init, await this.#renew());
    if (second.status !== 401) return second;
    if (await isTokenRefusal(second))
      throw new CredentialsRefusedError('its instance API refused a new token');
    throw new CloudUnreachableError('its instance API answers with HTTP status 401');
  };

  /**
   * Whether the cloud says that an access token for this instance still counts.
   *
   * @throws AccessError `unconfirmed` when it gives no answer
   */
  async isActive(accessToken: string): Promise<boolean> {
    try {
      const { metadata, registration } = await this.#registeredAt();
      return await introspect(metadata, registration, accessToken, this.#cloudFetch);
    } catch (error) {
      if (!(error instanceof CloudUnreachableError || error instanceof CredentialsRefusedError)) throw error;
      const reason =
        error instanceof CloudUnreachableError
          ? `does not answer: ${error.message}`
          : `does not accept the credentials of this instance: ${error.message}`;
      throw new AccessError(
        'unconfirmed',
        `Nothing was changed. The instance has heard nothing from its cloud for more than two minutes, so a change needs its word that your sign-in still counts, and the cloud ${this.#options.issuer} ${reason}. What there is can be seen meanwhile; try again once the cloud can be reached from the instance.`,
        { cause: error },
      );
    }
  }

  /**
   * A cloud removes what nobody claims, so an unclaimed instance that it does not know registers anew, but not
   * again and again at one that knows nobody.
   *
   * @returns when to connect again, in milliseconds since the epoch
   */
  async #connect(): Promise<number> {
    try {
      return await this.#connectAsRegistered();
    } catch (error) {
      if (!(error instanceof CredentialsRefusedError) || !this.#mayRegisterAnew) throw error;
      const { secrets, logger } = this.#options;
      logger.info({ clientId: this.registration?.clientId }, 'the cloud has removed this registration');
      await forgetRegistration(secrets);
      return this.#connectAsRegistered();
    }
  }

  /** Never once somebody owns the instance or is about to: no word of the cloud reopens a claim. */
  get #mayRegisterAnew(): boolean {
    const { secrets } = this.#options;
    const isUnclaimed = !secrets.read('instance_claim') && !secrets.read('pending_claim');
    return isUnclaimed && this.registration !== undefined && !this.#isRegistrationUntried;
  }

  async #connectAsRegistered(): Promise<number> {
    const { clock, onConnected } = this.#options;
    await this.#discover();
    await this.keys.refresh();
    await this.#deregister();
    await this.#register();
    const saved = readInstanceToken(this.#options.secrets);
    const token =
      saved && clock.now() < renewalTime(saved, clock.now()) - usableMarginMilliseconds
        ? saved
        : await this.#renew();
    const renewAt = renewalTime(token, clock.now());
    await onConnected(this.api);
    return renewAt;
  }

  async #saveKeys(keys: PublicKeys): Promise<void> {
    const { secrets, issuer, clock, logger, signal } = this.#options;
    if (signal.aborted) return;
    await saveKeys(secrets, issuer, keys, clock.now()).catch((error: unknown) => {
      logger.warn({ err: describeError(error) }, 'the keys of the cloud could not be saved');
    });
  }

  async #discover(): Promise<CloudMetadata> {
    this.#metadata = await discover(this.#options.issuer, this.#cloudFetch);
    return this.#metadata;
  }

  /**
   * Ends a registration that was given up, at the cloud that made it. When that cloud cannot be told, nothing waits for
   * it: the next connection tries again.
   */
  async #deregister(): Promise<void> {
    const { secrets, logger } = this.#options;
    const pending = readPendingDeregistration(secrets);
    if (!pending) return;
    const address = pending.clientUri;
    try {
      const outcome = await deregister(pending, this.#cloudFetch);
      await removePendingDeregistration(secrets);
      logger.info({ address, outcome }, 'the cloud has been told that this registration ended');
    } catch (error) {
      if (!(error instanceof CloudUnreachableError) || this.#options.signal.aborted) throw error;
      if (!this.#isDeregistrationLate) {
        logger.warn(
          { address, reason: error.message },
          'the cloud cannot be told yet that this registration has ended',
        );
      }
      this.#isDeregistrationLate = true;
    }
  }

  /** Registers unless that was done before; once registered, a save that failed is repeated, not the registration. */
  async #register(): Promise<void> {
    if (this.registration) return;
    const { secrets, logger, onRegisteredByKey } = this.#options;
    this.#unsavedRegistration ??= await this.#requestRegistration();
    this.#isRegistrationUntried = true;
    const registration = this.#unsavedRegistration;
    const owned = 'claim' in registration ? registration : undefined;
    await saveRegistration(secrets, registration, owned);
    logger.info({ clientId: registration.clientId }, 'registered at the cloud');
    this.#unsavedRegistration = undefined;
    if (owned) onRegisteredByKey(owned.claim);
  }

  async #requestRegistration(): Promise<Registration | OwnedRegistration> {
    const { secrets, softwareVersion, registrationKey, clock } = this.#options;
    const cloudFetch = this.#cloudFetch;
    const metadata = this.#metadata ?? (await this.#discover());
    return registrationKey === undefined
      ? register(metadata, softwareVersion, cloudFetch)
      : registerByKey(metadata, registrationKey, {
          softwareVersion,
          cloudFetch,
          secrets,
          now: () => clock.now(),
        });
  }

  async #usableToken(): Promise<InstanceToken> {
    const saved = readInstanceToken(this.#options.secrets);
    const isUsable = saved && saved.expiresAt - usableMarginMilliseconds > this.#options.clock.now();
    return isUsable ? saved : this.#renew();
  }

  /** Gets a new instance token, one for all who wait. */
  async #renew(): Promise<InstanceToken> {
    this.#renewal ??= this.#requestToken().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #requestToken(): Promise<InstanceToken> {
    const { secrets, clock } = this.#options;
    const { metadata, registration } = await this.#registeredAt();
    const token = await requestInstanceToken(metadata, registration, this.#cloudFetch, () =>
      clock.now(),
    ).catch((error: unknown) => {
      if (error instanceof CredentialsRefusedError) this.#noteRefusal();
      throw error;
    });
    this.#isRefused = false;
    this.#isRegistrationUntried = false;
    await saveInstanceToken(secrets, token);
    return token;
  }

  /** What that means is told, or mended, by connecting anew. */
  #noteRefusal(): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#options.onRefused();
    this.#pause.abort();
  }

  /** What every request with the instance's own credentials needs. @throws CloudUnreachableError */
  async #registeredAt(): Promise<{ metadata: CloudMetadata; registration: Registration }> {
    const { registration } = this;
    if (!registration) throw new CloudUnreachableError('this instance is not registered there yet');
    return { metadata: this.#metadata ?? (await this.#discover()), registration };
  }

  async #send(
    path: string,
    { method, body, timeoutMilliseconds }: InstanceApiRequest,
    token: InstanceToken,
  ): Promise<Response> {
    const headers = new Headers({ accept: 'application/json', authorization: `Bearer ${token.accessToken}` });
    const url = `${this.#options.issuer}${path}`;
    if (body === undefined) return this.#cloudFetch(url, { method, headers }, timeoutMilliseconds);
    headers.set('content-type', 'application/json');
    return this.#cloudFetch(url, { method, headers, body: JSON.stringify(body) }, timeoutMilliseconds);
  }

  /** Tells what failed. @returns how long to wait, in milliseconds */
  #waitAfter(error: unknown, failures: number): number {
    const { logger, issuer, random } = this.#options;
    const wait = backOffMilliseconds(failures, random);
    if (error instanceof CloudUnreachableError) {
      this.#raiseOnly('CLOUD_UNREACHABLE', unreachableMessage(issuer, error.message));
      return Math.max(wait, Math.min(error.retryAfterSeconds ?? 0, longestRetryAfterSeconds) * 1_000);
    }
    if (error instanceof RegistrationRefusedError) {
      this.#raiseOnly(
        'REGISTRATION_REFUSED',
        `The cloud ${issuer} refuses to register this instance: ${error.message}. Ask its operator, or choose another cloud with --cloud; the instance keeps trying.`,
      );
    } else if (error instanceof CredentialsRefusedError) {
      this.#raiseOnly(
        'CREDENTIALS_REFUSED',
        `The cloud ${issuer} does not accept the credentials of this instance: ${error.message}. Nobody can use the instance until it does. If an owner has removed it there, start it with --reset-credentials and claim it anew. If the cloud lost its data, restore it from its backup; the instance keeps trying.`,
      );
    } else if (error instanceof StartupError) {
      this.#raiseOnly('SECRETS_NOT_SAVED', error.message);
    } else if (systemErrorCode(error) !== undefined) {
      this.#raiseOnly(
        'SECRETS_NOT_SAVED',
        `The instance cannot write secrets.db (${systemErrorCode(error)}). Make sure that its disk has room and can be written to; the instance keeps trying.`,
      );
    } else {
      logger.error(
        { err: describeError(error) },
        'the connection to the cloud failed for an unexpected reason',
      );
    }
    return wait;
  }

  #raiseOnly(code: (typeof failureNotices)[number], message: string): void {
    const { notices } = this.#options;
    for (const other of failureNotices) if (other !== code) notices.clear(other);
    notices.raise(code, message);
  }

  #compareClocks(cloudTime: number, receivedAt: number): void {
    const difference = describeClockDifference(
      'The clock of the cloud',
      cloudTime / 1_000,
      receivedAt / 1_000,
    );
    if (difference) this.#options.notices.raise('CLOCK_SKEW', difference);
    else this.#options.notices.clear('CLOCK_SKEW');
  }
}
