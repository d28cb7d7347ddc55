import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execute, parse } from 'graphql';
import type { Activity } from '../api/src/activity/activity.ts';
import { ActivityDatabase } from '../api/src/activity/activity-database.ts';
import { type AuditFilter, auditActions, auditOutcomes } from '../api/src/activity/audit-entry.ts';
import { AuditLog, defaultAuditLimits } from '../api/src/activity/audit-log.ts';
import { WriteBehind } from '../api/src/activity/write-behind.ts';
import type { GraphQLContext } from '../api/src/schema/context.ts';
import { schemaOfInstances } from '../api/src/schema/index.ts';
import { repositoryRoot } from '../scripts/builds.cjs';
import { type Figure, figureOf, percentile99 } from './figures.ts';

const rounds = 7;
const pagesPerFilter = 100;
const accounts = 200;
const oneEntryEvery = 30_000;
const pageDocument = parse(
  `query ($after: String, $filter: AuditFilter) {
    auditEntries(first: 50, after: $after, filter: $filter) {
      edges { cursor node { id at action outcome actor { id name email } address userAgent detail } }
      pageInfo { endCursor hasNextPage }
    }
  }`,
);

/** What a page of the audit log costs when the log is full, whatever is asked for, and what writing costs then. */
export async function measureAudit(): Promise<readonly Figure[]> {
  // Beside the code and not in /tmp, which may be memory.
  const cache = join(repositoryRoot, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const root = mkdtempSync(join(cache, 'holdfast-bench-'));
  try {
    using database = ActivityDatabase.open(join(root, 'instance.db'));
    using log = new FullLog(database);
    const [reading, answering, writing]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round <= rounds; round += 1) {
      const pages = log.timesOf((after, filter) => void log.audit.page(50, after, filter));
      const answers = await log.answerTimes();
      const writes = Array.from({ length: 1_000 }, () => log.timeToWrite(1));
      // The first round warms everything up.
      if (round === 0) continue;
      reading.push(percentile99(pages));
      answering.push(percentile99(answers));
      writing.push(percentile99(writes));
    }
    return [
      figureOf('audit page of 50 by cursor at 1,000,000 entries, any filter, p99, ms', reading, {
        atMost: 5,
      }),
      figureOf('the same, answered by GraphQL with every field, p99, ms', answering, { atMost: 5 }),
      figureOf('one entry written while an old one goes, p99, ms', writing),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** An audit log with as many entries as it may have. */
class FullLog implements Disposable {
  readonly audit: AuditLog;
  readonly #writes: WriteBehind;
  #time = Date.now() - defaultAuditLimits.maximumEntries * oneEntryEvery;
  #recorded = 0;

  constructor(database: ActivityDatabase) {
    this.#writes = new WriteBehind(database, {
      onFailed: (error) => {
        throw error;
      },
      onRecovered: () => undefined,
    });
    this.audit = new AuditLog(database, this.#writes, () => this.#time);
    while (this.#recorded < defaultAuditLimits.maximumEntries) this.timeToWrite(10_000);
  }

  /** Milliseconds that it takes to write `count` more entries. */
  timeToWrite(count: number): number {
    for (let entry = 0; entry < count; entry += 1) this.#record();
    const begin = performance.now();
    this.#writes.flush();
    return performance.now() - begin;
  }

  /** Milliseconds for each of many pages, at any place in the log, by each filter. */
  timesOf(read: (after: { at: number; id: number }, filter: AuditFilter) => void): number[] {
    return this.#questions().map(({ after, filter }) => {
      const begin = performance.now();
      read(after, filter);
      return performance.now() - begin;
    });
  }

  async answerTimes(): Promise<number[]> {
    const times: number[] = [];
    for (const { after, filter } of this.#questions()) {
      const begin = performance.now();
      await execute({
        schema: schemaOfInstances(),
        document: pageDocument,
        contextValue: memberContext(this.audit),
        variableValues: {
          after: Buffer.from(`${after.at}.${after.id}`).toString('base64url'),
          filter: inputOf(filter),
        },
      });
      times.push(performance.now() - begin);
    }
    return times;
  }

  [Symbol.dispose](): void {
    this.#writes[Symbol.dispose]();
  }

  /** Mostly sign-ins and renames that succeed, of a few accounts more than of others: so the rest is rare. */
  #record(): void {
    const chance = Math.random();
    const account = Math.floor(Math.random() ** 4 * accounts);
    this.#time += oneEntryEvery;
    this.#recorded += 1;
    this.audit.record({
      action: chance < 0.5 ? 'SIGNED_IN' : chance < 0.95 ? 'INSTANCE_RENAMED' : anyOf(auditActions),
      outcome: Math.random() < 0.98 ? 'SUCCEEDED' : anyOf(auditOutcomes),
      actor: { id: accountId(account), name: `Person ${account}`, email: `person${account}@example.test` },
      source: {
        address: `192.0.2.${account % 250}`,
        userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      },
    });
  }

  #questions(): { after: { at: number; id: number }; filter: AuditFilter }[] {
    const span = defaultAuditLimits.maximumEntries * oneEntryEvery;
    const [since, until] = [this.#time - span / 2, this.#time - span / 4];
    const filters: AuditFilter[] = [
      {},
      { actions: ['CLAIMED'] },
      { actions: ['SIGNED_IN', 'ACCESS_REFUSED'] },
      { outcome: 'FAILED' },
      { actions: ['ENTRIES_LOST'], outcome: 'REFUSED' },
      { actor: accountId(3) },
      { actor: accountId(accounts - 1), outcome: 'FAILED' },
      { actor: 'nobody' },
      { since, until },
      { since, until, outcome: 'REFUSED' },
      { actor: accountId(0), actions: ['CLAIM_LOCKED'], since },
    ];
    return Array.from(
      { length: pagesPerFilter },
      () => this.#time - Math.floor(Math.random() * span),
    ).flatMap((at) => filters.map((filter) => ({ after: { at, id: 0 }, filter })));
  }
}

function memberContext(audit: AuditLog): GraphQLContext {
  return {
    access: { kind: 'authenticated', isMember: true, claims: { role: 'owner' } },
    activity: { audit } satisfies Pick<Activity, 'audit'>,
  } as unknown as GraphQLContext;
}

function inputOf({ since, until, ...filter }: AuditFilter): Record<string, unknown> {
  return {
    ...filter,
    ...(since !== undefined && { since: new Date(since).toISOString() }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  };
}

function accountId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function anyOf<Value>(values: readonly [Value, ...Value[]]): Value {
  return values[Math.floor(Math.random() * values.length)] ?? values[0];
}
