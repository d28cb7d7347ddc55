// An instance that runs twice, as a copy that was restored beside the original or stolen with its key, has one identity
// and so one client ID. What tells its runs apart is a secret that each makes when it starts and keeps in memory. Every
// run acknowledges events for itself alone, and two that are alive are told of each other.

import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import { type InstanceRun, otherRunOf, whatChanges } from './run-overlap.ts';

export interface SeenRun {
  readonly clientId: string;
  /** SHA-256 of the name that the run gave itself; empty of those that name themselves not. */
  readonly hash: string;
  /** Everything up to this `sequence` of the security events was acknowledged. */
  readonly acknowledged: number;
  /** When the other run began, in seconds since the epoch; undefined while there is none. */
  readonly otherSince: number | undefined;
  /** Whether the others have only now something to hear about this one. */
  readonly isNews: boolean;
}

/** So many of an instance are remembered, those that were seen last; who comes back after that begins anew. */
export const mostRuns = 10;

const rememberedMilliseconds = 24 * 3_600_000;

export class InstanceRuns {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A run of the instance asks for events. It writes only at its start, once an hour, and beside others. */
  async see(clientId: string, name: string | undefined): Promise<SeenRun> {
    const hash = name === undefined ? '' : hashIdentifier(name);
    let runs = await this.#of(clientId);
    let own = runs.find(({ run_hash }) => run_hash === hash);
    if (!own) {
      await this.#begin(clientId, hash);
      runs = await this.#of(clientId);
      own = runs.find(({ run_hash }) => run_hash === hash);
      if (!own) throw new TypeError('an instance began more runs at once than are remembered');
    }
    const now = Date.now();
    const changes = whatChanges(own, runs, now);
    const isNews = changes !== undefined && changes.met > own.met;
    if (changes) {
      own = { ...own, ...changes };
      await this.#database
        .updateTable('instance_runs')
        .set(changes)
        .where('sequence', '=', own.sequence)
        .execute();
    }
    const other = otherRunOf(own, runs, now);
    const otherSince = other && Math.floor(other.begun_at / 1_000);
    return { clientId, hash, acknowledged: own.acknowledged, otherSince, isNews };
  }

  async acknowledge({ clientId, hash }: SeenRun, sequence: number): Promise<void> {
    await this.#database
      .updateTable('instance_runs')
      .set({ acknowledged: sequence })
      .where('client_id', '=', clientId)
      .where('run_hash', '=', hash)
      // Of two requests at once, the later one may come first.
      .where('acknowledged', '<', sequence)
      .execute();
  }

  /** Forgets who was not seen for long. */
  async sweep(): Promise<void> {
    await this.#database
      .deleteFrom('instance_runs')
      .where('seen_at', '<', Date.now() - rememberedMilliseconds)
      .execute();
  }

  async #of(clientId: string): Promise<readonly InstanceRun[]> {
    return (await findRuns(this.#database, { clientId })).rows;
  }

  async #begin(clientId: string, hash: string): Promise<void> {
    const now = Date.now();
    await this.#database
      .insertInto('instance_runs')
      .values({ client_id: clientId, run_hash: hash, begun_at: now, seen_at: now })
      .onConflict((conflict) => conflict.columns(['client_id', 'run_hash']).doNothing())
      .execute();
    await this.#database
      .deleteFrom('instance_runs')
      .where('sequence', 'in', (query) =>
        query
          .selectFrom('instance_runs')
          .select('sequence')
          .where('client_id', '=', clientId)
          .orderBy('seen_at', 'desc')
          .orderBy('sequence', 'desc')
          .limit(-1)
          .offset(mostRuns),
      )
      .execute();
  }
}

const findRuns = preparedQuery((database, { clientId }: { clientId: string }) =>
  database
    .selectFrom('instance_runs')
    .select(['sequence', 'run_hash', 'begun_at', 'seen_at', 'met', 'acknowledged'])
    .where('client_id', '=', clientId),
);
