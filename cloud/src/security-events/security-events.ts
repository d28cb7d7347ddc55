import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { keptPromise } from '../kept-promise.ts';
import { epochSeconds } from '../provider/adapter.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import { InstanceRuns, type SeenRun } from './instance-runs.ts';
import type { SecurityEvent, SecurityEventSigner } from './security-event-token.ts';
import { WaitingRuns } from './waiting-runs.ts';

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

/** By the clock of an instance a token may end this much later; and one may be issued while its sign-in ends. */
const marginSeconds = 60;

/**
 * What the instances have to hear: whose access ended before their access tokens did. An event is stored before it counts
 * as happened, and kept until the tokens that it is about have expired: each run of the instance gets it until that run
 * has acknowledged it, also one that begins later, with a state that may be older.
 */
export class SecurityEvents implements Disposable {
  readonly #options: SecurityEventsOptions;
  readonly #runs: InstanceRuns;
  readonly #waiting = new WaitingRuns();
  /** When somebody waits for the first time: whatever is older is looked for by who waits. */
  readonly #latestAtFirst = keptPromise(async () => this.#latest());
  #isStopping = false;
  #lastSeen: number | undefined;
  readonly #watch: NodeJS.Timeout;

  constructor(options: SecurityEventsOptions) {
    this.#options = options;
    this.#runs = new InstanceRuns(options.database);
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
    for (const clientId of told) this.dismiss(clientId);
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
   * A run of an instance asks.
   *
   * @param name what it calls itself, if anything
   */
  async see(clientId: string, name: string | undefined): Promise<SeenRun> {
    const run = await this.#runs.see(clientId, name);
    if (run.isNews) this.dismiss(clientId);
    return run;
  }

  /**
   * The events of an instance that a run of it has not acknowledged, oldest first.
   *
   * @param limit how many at most
   */
  async pending(run: SeenRun, limit: number): Promise<Delivery> {
    const rows = await this.#after(run, limit + 1);
    return {
      sets: Object.fromEntries(rows.slice(0, limit).map(({ jti, set }) => [jti, set])),
      moreAvailable: rows.length > limit,
    };
  }

  /** Of what is named, that counts which follows without a gap what was acknowledged before: the rest comes again. */
  async acknowledge(run: SeenRun, jtis: readonly string[]): Promise<SeenRun> {
    if (jtis.length === 0) return run;
    const rows = await this.#after(run, jtis.length);
    const gap = rows.findIndex(({ jti }) => !jtis.includes(jti));
    const last = (gap === -1 ? rows : rows.slice(0, gap)).at(-1);
    if (!last) return run;
    await this.#runs.acknowledge(run, last.sequence);
    return { ...run, acknowledged: last.sequence };
  }

  /**
   * Resolves when there may be something for a run of an instance to hear, and at the latest after `milliseconds` or when
   * `signal` aborts.
   */
  async untilPublished(run: SeenRun, milliseconds: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    using waiting = this.#isStopping ? undefined : this.#waiting.add(run, resolve);
    if (!waiting) return;
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await this.#latestAtFirst();
    // What was published after the caller looked and before it was known to wait.
    if ((await this.#after(run, 1)).length > 0) resolve();
    await promise;
    clearTimeout(timer);
  }

  /** Lets an instance that waits wait no longer: it is gone, or there is something to hear. */
  dismiss(clientId: string): void {
    this.#waiting.wake(clientId);
  }

  /** Deletes what matters no more. */
  async sweep(): Promise<void> {
    await this.#options.database
      .deleteFrom('security_events')
      .where('expires_at', '<=', epochSeconds())
      .execute();
    await this.#runs.sweep();
  }

  /** Lets nobody wait any longer. */
  [Symbol.dispose](): void {
    this.#isStopping = true;
    clearInterval(this.#watch);
    this.#waiting.wakeAll();
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

  /** What a run of an instance has not acknowledged, oldest first. */
  async #after({ clientId, acknowledged }: SeenRun, limit: number) {
    return this.#options.database
      .selectFrom('security_events')
      .select(['sequence', 'jti', 'set'])
      .where('client_id', '=', clientId)
      .where('sequence', '>', acknowledged)
      .where('expires_at', '>', epochSeconds())
      .orderBy('sequence')
      .limit(limit)
      .execute();
  }

  /** The `sequence` of the latest event of all. */
  async #latest(): Promise<number> {
    const { latest } = await this.#options.database
      .selectFrom('security_events')
      .select(({ fn }) => fn.max('sequence').as('latest'))
      .executeTakeFirstOrThrow();
    return latest ?? 0;
  }

  /** Wakes who waits for what another process has published. A failure is one of the next request, too. */
  async #lookForNews(): Promise<void> {
    if (this.#waiting.size === 0) return;
    try {
      this.#lastSeen ??= await this.#latestAtFirst();
      const rows = await this.#options.database
        .selectFrom('security_events')
        .select(['sequence', 'client_id'])
        .where('sequence', '>', this.#lastSeen)
        .orderBy('sequence')
        .execute();
      for (const { sequence, client_id: clientId } of rows) {
        this.#lastSeen = sequence;
        this.#waiting.wake(clientId);
      }
    } catch {
      // The next look comes soon.
    }
  }
}
