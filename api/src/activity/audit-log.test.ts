import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { ActivityPlace, ann, bob, somewhere } from '../../test/activity-place.ts';
import { ActivityDatabase } from './activity-database.ts';
import {
  type AuditAction,
  type AuditEntry,
  type AuditFilter,
  auditActions,
  auditOutcomes,
} from './audit-entry.ts';
import type { AuditLog } from './audit-log.ts';

const details = (entries: readonly AuditEntry[]) => entries.map(({ detail }) => detail);

/** Records one entry each, with its number as the detail. */
function record(audit: AuditLog, count: number, action: AuditAction = 'SIGNED_IN', from = 1): void {
  for (let number = from; number < from + count; number += 1)
    audit.record({ action, outcome: 'SUCCEEDED', detail: String(number) });
}

test('an entry says who did what, when, from where, and how it went', async () => {
  await using place = await ActivityPlace.create();
  const { audit } = place.open();
  audit.record({ action: 'CLAIMED', outcome: 'SUCCEEDED', actor: ann, source: somewhere, detail: 'for Ann' });
  expect(audit.page(10)).toEqual({
    items: [
      {
        ...{ id: 1, at: place.time, action: 'CLAIMED', outcome: 'SUCCEEDED' },
        ...{ actor: ann, source: somewhere, detail: 'for Ann' },
      },
    ],
    hasMore: false,
  });
});

test('what comes from outside is kept short and without control characters', async () => {
  await using place = await ActivityPlace.create();
  const { audit } = place.open();
  const long = `a\u0000\n\u009b${'🦀'.repeat(500)}`;
  audit.record({
    ...{ action: 'ACCESS_REFUSED', outcome: 'REFUSED', detail: long },
    actor: { id: 'account-1', name: long, email: long },
    source: { address: '192.0.2.1', userAgent: long },
  });
  const [entry] = audit.page(1).items;
  for (const text of [entry?.detail, entry?.actor?.name, entry?.actor?.email, entry?.source.userAgent]) {
    expect(text?.length).toBeLessThanOrEqual(256);
    expect(text).toMatch(/^a 🦀+.?$/u);
    expect(text?.isWellFormed()).toBe(true);
  }
});

describe('pages', () => {
  test('follow each other without gap or repetition, also within one millisecond', async () => {
    await using place = await ActivityPlace.create();
    const { audit } = place.open();
    record(audit, 7);
    place.time += 1;
    record(audit, 6, 'SIGNED_IN', 8);
    const first = audit.page(5);
    const second = audit.page(5, first.items.at(-1));
    const third = audit.page(5, second.items.at(-1));
    expect([first, second, third].flatMap(({ items }) => details(items))).toEqual(
      Array.from({ length: 13 }, (_, index) => String(13 - index)),
    );
    expect([first, second, third].map(({ hasMore }) => hasMore)).toEqual([true, true, false]);
    expect(audit.page(5, third.items.at(-1))).toEqual({ items: [], hasMore: false });
  });

  test('are of one moment: what comes later changes none that follows', async () => {
    await using place = await ActivityPlace.create();
    const { audit } = place.open();
    record(audit, 4);
    const first = audit.page(2);
    place.time += 1;
    record(audit, 3, 'SIGNED_IN', 5);
    expect(details(audit.page(2, first.items.at(-1)).items)).toEqual(['2', '1']);
  });

  test('of every filter hold what the filter says, as a plain search finds it', async () => {
    await using place = await ActivityPlace.create();
    const { audit } = place.open();
    const everything: AuditEntry[] = [];
    for (let index = 0; index < 400; index += 1) {
      // Clocks are set back at times.
      place.time += index % 7 === 0 ? -3 : 2;
      audit.record({
        action: auditActions[(index * 7) % auditActions.length] ?? 'CLAIMED',
        outcome: auditOutcomes[(index * 5) % auditOutcomes.length] ?? 'FAILED',
        actor: [ann, bob, undefined][index % 3],
        detail: String(index),
      });
    }
    for (let page = audit.page(100); ; page = audit.page(100, page.items.at(-1))) {
      everything.push(...page.items);
      if (!page.hasMore) break;
    }
    expect(everything).toHaveLength(400);
    const [newest, oldest] = [everything[0]?.at ?? 0, everything.at(-1)?.at ?? 0];
    const since = oldest + Math.floor((newest - oldest) / 4);
    const until = newest - Math.floor((newest - oldest) / 4);
    const choices = <Value>(values: readonly Value[]) => [undefined, ...values];
    for (const actions of choices([[], ['SIGNED_IN'], ['CLAIMED', 'CLAIMED', 'ACCESS_REFUSED']] as const)) {
      for (const outcome of choices(['REFUSED'] as const)) {
        for (const actor of choices([ann.id, 'nobody'])) {
          for (const range of [{}, { since }, { until }, { since, until }, { since: until, until: since }]) {
            const filter: AuditFilter = { actions, outcome, actor, ...range };
            const found = pagesOf(audit, filter);
            expect(details(found), JSON.stringify(filter)).toEqual(
              details(everything.filter(matches(filter))),
            );
          }
        }
      }
    }
  });

  test('are found by an index alone, whatever the filter', async () => {
    await using place = await ActivityPlace.create();
    const { database, audit } = place.open();
    const plans: string[] = [];
    const prepare = vi.spyOn(database, 'prepare');
    for (const filter of [{}, { outcome: 'FAILED' }, { actor: ann.id }] satisfies AuditFilter[])
      audit.page(10, undefined, filter);
    const asked = prepare.mock.calls.map(([sql]) => sql);
    prepare.mockRestore();
    for (const sql of asked) {
      const text = sql.replaceAll(/:\w+/g, '1');
      for (const { detail } of database.prepare(`EXPLAIN QUERY PLAN ${text}`).all())
        plans.push(String(detail));
    }
    expect(plans.filter((step) => /TEMP B-TREE|SCAN audit_entries(?! USING)/.test(step))).toEqual([]);
    expect(
      plans.filter((step) => step.includes('USING COVERING INDEX audit_entries_by_')).length,
    ).toBeGreaterThan(30);
  });
});

function pagesOf(audit: AuditLog, filter: AuditFilter): AuditEntry[] {
  const found: AuditEntry[] = [];
  for (let page = audit.page(9, undefined, filter); ; page = audit.page(9, found.at(-1), filter)) {
    found.push(...page.items);
    if (!page.hasMore) return found;
  }
}

function matches({ actions, outcome, actor, since = 0, until = Number.POSITIVE_INFINITY }: AuditFilter) {
  return (entry: AuditEntry) =>
    (actions === undefined || actions.includes(entry.action)) &&
    (outcome === undefined || entry.outcome === outcome) &&
    (actor === undefined || entry.actor?.id === actor) &&
    entry.at >= since &&
    entry.at < until;
}

describe('the log is bounded', () => {
  const limits = { maximumEntries: 2_000, maximumAge: 1_000_000 };

  test('by number: the oldest go, a few at a time', async () => {
    await using place = await ActivityPlace.create();
    const { audit, database } = place.open({ auditLimits: limits });
    const count = () => database.prepare('SELECT count(*) AS n, min(id) AS oldest FROM audit_entries').get();
    record(audit, 2_000);
    audit.page(1);
    expect(count()).toEqual({ n: 2_000, oldest: 1 });
    record(audit, 100);
    audit.page(1);
    expect(count()).toEqual({ n: 2_000, oldest: 101 });
  });

  test('by number: a limit that was lowered takes effect without a long pause', async () => {
    await using place = await ActivityPlace.create();
    record(place.open().audit, 5_000);
    await using later = await ActivityPlace.create();
    const { audit } = later.open();
    record(audit, 5_000);
    audit.page(1);
    const lowered = later.open({ auditLimits: limits });
    const counts: unknown[] = [];
    for (let step = 0; step < 8; step += 1) {
      record(lowered.audit, 1);
      lowered.audit.page(1);
      counts.push(lowered.database.prepare('SELECT count(*) AS n FROM audit_entries').get()?.n);
    }
    expect(counts).toEqual([4_500, 4_000, 3_500, 3_000, 2_500, 2_000, 2_000, 2_000]);
  });

  test('by age: at most 500 a minute go, so that a clock that jumps ahead does not cost the log', async () => {
    await using place = await ActivityPlace.create();
    const { audit } = place.open({ auditLimits: limits });
    record(audit, 1_200);
    audit.page(1);
    place.time += limits.maximumAge + 1;
    const kept = () => pagesOf(audit, {}).length;
    record(audit, 1);
    expect(kept()).toBe(701);
    record(audit, 1);
    expect(kept()).toBe(702);
    place.time += 60_000;
    record(audit, 1);
    expect(kept()).toBe(203);
  });

  test('to a million entries and a year, unless it is told otherwise', async () => {
    await using place = await ActivityPlace.create();
    const { audit, database } = place.open();
    const ids = () => audit.page(10).items.map(({ id }) => id);
    record(audit, 2);
    expect(ids()).toEqual([2, 1]);
    // As if all the others had come.
    database.prepare('UPDATE sqlite_sequence SET seq = 1000000').run();
    record(audit, 1);
    expect(ids()).toEqual([1_000_001, 2]);
    place.time += 365 * 86_400_000;
    record(audit, 1);
    expect(ids()).toEqual([1_000_002, 1_000_001]);
    place.time += 60_000;
    record(audit, 1);
    expect(ids()).toEqual([1_000_003, 1_000_002]);
  });

  test('ids are never used again', async () => {
    await using place = await ActivityPlace.create();
    const { audit, database } = place.open();
    record(audit, 3);
    audit.page(1);
    database.prepare('DELETE FROM audit_entries').run();
    record(audit, 1);
    expect(audit.page(1).items[0]?.id).toBe(4);
  });
});

describe('writing', () => {
  test('happens by itself within a moment', async () => {
    await using place = await ActivityPlace.create();
    const { audit } = place.open();
    record(audit, 1);
    using reader = new DatabaseSync(place.path, { readOnly: true });
    const count = () => reader.prepare('SELECT count(*) AS n FROM audit_entries').get()?.n;
    expect(count()).toBe(0);
    await vi.waitFor(() => expect(count()).toBe(1), { timeout: 5_000 });
  });

  test('that fails is tried again, and nothing is lost, doubled or told too early', async () => {
    await using place = await ActivityPlace.create();
    const { audit, writes } = place.open();
    record(audit, 1);
    writes.flush();
    const follower = audit.follow();
    await follower.next();
    using other = new DatabaseSync(place.path);
    other.exec('BEGIN IMMEDIATE');
    record(audit, 2, 'CLAIMED', 2);
    writes.flush();
    record(audit, 1, 'CLAIMED', 4);
    writes.flush();
    const told = follower.next();
    expect(await Promise.race([told, sleep(20, 'nothing')])).toBe('nothing');
    expect(place.failures).toHaveLength(1);
    other.exec('ROLLBACK');
    await vi.waitFor(() => expect(place.recoveries).toBe(1), { timeout: 5_000 });
    expect(details(audit.page(10).items)).toEqual(['4', '3', '2', '1']);
    expect((await told).value).toMatchObject({ id: 2, detail: '2' });
  });

  test('that fails for long loses what comes beyond the queue, and says how much', async () => {
    await using place = await ActivityPlace.create();
    const { audit, writes } = place.open();
    using other = new DatabaseSync(place.path);
    other.exec('BEGIN IMMEDIATE');
    record(audit, 10_007);
    writes.flush();
    other.exec('ROLLBACK');
    writes.flush();
    expect(audit.page(2).items).toMatchObject([
      { action: 'ENTRIES_LOST', outcome: 'FAILED', detail: expect.stringContaining('7 entries were lost') },
      { detail: '10000' },
    ]);
    record(audit, 1);
    expect(audit.page(1).items).toMatchObject([{ action: 'SIGNED_IN' }]);
  });

  test('comes to its end when the log is closed', async () => {
    await using place = await ActivityPlace.create();
    const { audit, writes } = place.open();
    record(audit, 3);
    writes[Symbol.dispose]();
    using database = ActivityDatabase.open(place.path);
    expect(database.prepare('SELECT count(*) AS n FROM audit_entries').get()).toEqual({ n: 3 });
  });
});

test('a follower hears the newest entry, then each new one with its id', async () => {
  await using place = await ActivityPlace.create();
  const { audit } = place.open();
  record(audit, 2);
  const follower = audit.follow();
  record(audit, 2, 'CLAIMED', 3);
  const heard = [await follower.next(), await follower.next(), await follower.next()];
  expect(heard.map(({ value }) => [value?.id, value?.detail])).toEqual([
    [2, '2'],
    [3, '3'],
    [4, '4'],
  ]);
  await follower.return?.();
  expect(audit.followers).toBe(0);
});
