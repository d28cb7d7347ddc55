import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { epochSeconds } from '../provider/adapter.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import type { SecurityEvent, SecurityEventSigner } from './security-event-token.ts';

export interface SecurityEventsOptions {
  readonly database: Database;
  readonly signer: SecurityEventSigner;
  readonly issuer: string;
  readonly resources: InstanceResources;
  /** The most that an operator may let access tokens live: those of before a restart may have been promised more than now. */
  readonly longestAccessTokenSeconds: number;
}

/** Events of one delivery: security event tokens by their `jti`. */
export interface Delivery {
  readonly sets: Readonly<Record<string, string>>;
  readonly moreAvailable: boolean;
}

/** Something that an instance has to hear. */
export interface News extends Pick<SecurityEvent, 'type' | 'subject' | 'claims'> {
  /** The instance, as tokens have it in `aud`. */
  readonly resource: string;
}

/** Stores news with what made them: both count, or neither. */
export type Publish = (news: News) => Promise<void>;

/** How often it is looked for events of other processes, such as `holdfast-cloud accounts`. */
const watchMilliseconds = 250;

/** How many instances may wait at once for what happens next. */
const mostWaiting = 10_000;

/** By the clock of an instance a token may end this much later; and one may be issued while its sign-in ends. */
const marginSeconds = 60;

/**
 * What the instances have to hear: whose access ended before their access tokens did. An event is stored before it counts
 * as happened, and kept until its instance has acknowledged it or the tokens that it is about have expired.
 */
export class SecurityEvents implements Disposable {
  readonly #options: SecurityEventsOptions;
  /** Who waits for events, by the client ID of the instance: the latest request of each. */
  readonly #waiting = new Map<string, () => void>();
  #isStopping = false;
  #lastSeen = 0;
  readonly #watch: NodeJS.Timeout;

  constructor(options: SecurityEventsOptions) {
    this.#options = options;
    this.#watch = setInterval(() => void this.#lookForNews(), watchMilliseconds).unref();
  }

  /** Does something in one transaction with what the instances hear of it. */
  async publishing<Result>(
    act: (transaction: Transaction<Tables>, publish: Publish) => Promise<Result>,
  ): Promise<Result> {
    const told = new Set<string>();
    const result = await this.#options.database.transaction().execute(async (transaction) =>
      act(transaction, async (news) => {
        const clientId = this.#options.resources.clientIdOf(news.resource);
        if (clientId === undefined) return;
        await this.#store(transaction, clientId, news);
        told.add(clientId);
      }),
    );
    for (const clientId of told) this.#waiting.get(clientId)?.();
    return result;
  }

  /** A sign-in ended. @param resource the instance that it was for */
  async sessionRevoked(grantId: string, resource: string): Promise<void> {
    await this.publishing(async (_transaction, publish) =>
      publish({ type: 'session-revoked', resource, subject: { format: 'opaque', id: grantId } }),
    );
  }

  /**
   * An account is closed: every sign-in of it ends, at all instances.
   *
   * @param transaction the one that closes it, while it is still known where the account has signed in
   */
  async accountClosed(transaction: Transaction<Tables>, publish: Publish, accountId: string): Promise<void> {
    const subject = { format: 'iss_sub', iss: this.#options.issuer, sub: accountId } as const;
    const rows = await transaction
      .selectFrom('sign_ins')
      .select('resource')
      .distinct()
      .where('account_id', '=', accountId)
      .execute();
    for (const { resource } of rows) await publish({ type: 'session-revoked', resource, subject });
  }

  /**
   * The events of an instance that it has not acknowledged, oldest first.
   *
   * @param limit how many at most
   */
  async pending(clientId: string, limit: number): Promise<Delivery> {
    const rows = await this.#options.database
      .selectFrom('security_events')
      .select(['jti', 'set'])
      .where('client_id', '=', clientId)
      .where('expires_at', '>', epochSeconds())
      .orderBy('sequence')
      .limit(limit + 1)
      .execute();
    return {
      sets: Object.fromEntries(rows.slice(0, limit).map(({ jti, set }) => [jti, set])),
      moreAvailable: rows.length > limit,
    };
  }

  async acknowledge(clientId: string, jtis: readonly string[]): Promise<void> {
    if (jtis.length === 0) return;
    await this.#options.database
      .deleteFrom('security_events')
      .where('client_id', '=', clientId)
      .where('jti', 'in', jtis)
      .execute();
  }

  /** Resolves when there may be an event for the instance, and at the latest after `milliseconds` or when `signal` aborts. */
  async untilPublished(clientId: string, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.#isStopping || (this.#waiting.size >= mostWaiting && !this.#waiting.has(clientId))) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.get(clientId)?.();
    this.#waiting.set(clientId, resolve);
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => resolve(), { once: true });
    // What was published after the caller looked and before it was known to wait.
    if (Object.keys((await this.pending(clientId, 1)).sets).length > 0) resolve();
    await promise;
    clearTimeout(timer);
    if (this.#waiting.get(clientId) === resolve) this.#waiting.delete(clientId);
  }

  /** Lets an instance that waits wait no longer: it is gone. */
  dismiss(clientId: string): void {
    this.#waiting.get(clientId)?.();
  }

  /** Deletes what matters no more. */
  async sweep(): Promise<void> {
    await this.#options.database
      .deleteFrom('security_events')
      .where('expires_at', '<=', epochSeconds())
      .execute();
  }

  /** Lets nobody wait any longer. */
  [Symbol.dispose](): void {
    this.#isStopping = true;
    clearInterval(this.#watch);
    for (const resolve of this.#waiting.values()) resolve();
  }

  async #store(
    transaction: Transaction<Tables>,
    clientId: string,
    { type, subject, claims }: News,
  ): Promise<void> {
    const { signer, longestAccessTokenSeconds } = this.#options;
    const [jti, at] = [randomUUID(), epochSeconds()];
    const set = signer.sign({ jti, audience: clientId, type, subject, claims, at });
    await transaction
      .insertInto('security_events')
      .values({ jti, client_id: clientId, set, expires_at: at + longestAccessTokenSeconds + marginSeconds })
      .execute();
  }

  /** Wakes who waits for what another process has published. A failure is one of the next request, too. */
  async #lookForNews(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const rows = await this.#options.database
      .selectFrom('security_events')
      .select(['sequence', 'client_id'])
      .where('sequence', '>', this.#lastSeen)
      .orderBy('sequence')
      .execute()
      .catch(() => []);
    for (const { sequence, client_id: clientId } of rows) {
      this.#lastSeen = sequence;
      this.#waiting.get(clientId)?.();
    }
  }
}
