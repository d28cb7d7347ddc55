import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { epochSeconds } from '../provider/adapter.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import type { SecurityEventSigner, Subject } from './security-event-token.ts';

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

  constructor(options: SecurityEventsOptions) {
    this.#options = options;
  }

  /** A sign-in ended. @param resource the instance that it was for */
  async sessionRevoked(grantId: string, resource: string): Promise<void> {
    const clientId = this.#options.resources.clientIdOf(resource);
    if (clientId !== undefined) await this.#publish([clientId], { format: 'opaque', id: grantId });
  }

  /** An account was closed, or may not be used any more: every sign-in of it ended, at all instances. */
  async accountClosed(accountId: string): Promise<void> {
    const rows = await this.#options.database
      .selectFrom('instance_approvals')
      .select('client_id')
      .distinct()
      .where('account_id', '=', accountId)
      .execute();
    const subject = { format: 'iss_sub', iss: this.#options.issuer, sub: accountId } as const;
    await this.#publish(
      rows.map(({ client_id }) => client_id),
      subject,
    );
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
    await promise;
    clearTimeout(timer);
    if (this.#waiting.get(clientId) === resolve) this.#waiting.delete(clientId);
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
    for (const resolve of this.#waiting.values()) resolve();
  }

  async #publish(clientIds: readonly string[], subject: Subject): Promise<void> {
    if (clientIds.length === 0) return;
    const { database, signer, longestAccessTokenSeconds } = this.#options;
    const at = epochSeconds();
    const rows = clientIds.map((clientId) => {
      const jti = randomUUID();
      return {
        jti,
        client_id: clientId,
        set: signer.sign({ jti, audience: clientId, subject, at }),
        expires_at: at + longestAccessTokenSeconds + marginSeconds,
      };
    });
    await database.insertInto('security_events').values(rows).execute();
    for (const clientId of clientIds) this.#waiting.get(clientId)?.();
  }
}
