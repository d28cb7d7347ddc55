import type { StatementSync } from 'node:sqlite';
import { EventHub } from '../event-hub.ts';
import type { ActivityDatabase } from './activity-database.ts';
import type { AuditEntry, AuditEvent, AuditFilter } from './audit-entry.ts';
import { AuditPages } from './audit-pages.ts';
import { boundedAccount, boundedSource, boundedText } from './bounded-text.ts';
import { Expiry } from './expiry.ts';
import { beginning, type Page, type Position } from './page.ts';
import type { WriteBehind } from './write-behind.ts';

/** How much of the past is kept. */
export interface AuditLimits {
  readonly maximumEntries: number;
  /** In milliseconds. */
  readonly maximumAge: number;
}

export const defaultAuditLimits: AuditLimits = {
  maximumEntries: 1_000_000,
  maximumAge: 365 * 86_400_000,
};

/** While nothing can be written, this many entries wait; of those that come then, only the number is kept. */
const longestQueue = 10_000;
/** How many more entries go at once than came, when there are too many. */
const surplusBatch = 500;

type UnwrittenEntry = Omit<AuditEntry, 'id'>;

/**
 * What happened at this instance: who did what, when, from where, and how it went. Entries reach the disk a moment
 * later; whoever reads or follows the log misses none of them.
 */
export class AuditLog {
  readonly #writes: WriteBehind;
  readonly #now: () => number;
  readonly #limits: AuditLimits;
  readonly #pages: AuditPages;
  readonly #followers = new EventHub<AuditEntry>();
  readonly #insert: StatementSync;
  readonly #findOldest: StatementSync;
  readonly #removeBefore: StatementSync;
  readonly #expiry: Expiry;
  #queue: UnwrittenEntry[] = [];
  #lost = 0;
  #inserted: AuditEntry[] = [];

  /** @param now milliseconds since the epoch */
  constructor(
    database: ActivityDatabase,
    writes: WriteBehind,
    now: () => number,
    limits = defaultAuditLimits,
  ) {
    this.#writes = writes;
    this.#now = now;
    this.#limits = limits;
    this.#pages = new AuditPages(database);
    this.#insert = database.prepare(
      `INSERT INTO audit_entries (at, action, outcome, actor_id, actor_name, actor_email, address, user_agent, detail)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#findOldest = database.prepare('SELECT min(id) AS id FROM audit_entries');
    this.#removeBefore = database.prepare('DELETE FROM audit_entries WHERE id < ?');
    this.#expiry = new Expiry(database, 'audit_entries', 'at', limits.maximumAge);
    writes.add({ write: () => this.#write(), written: () => this.#written() });
  }

  /** Adds an entry; of something that happened earlier, with its time in milliseconds since the epoch. */
  record(event: AuditEvent, at = this.#now()): void {
    if (this.#queue.length < longestQueue) this.#queue.push(entryOf(event, at));
    else this.#lost += 1;
    this.#writes.schedule();
  }

  /** The newest `first` entries after `position` that `filter` lets through. */
  page(first: number, position: Position = beginning, filter: AuditFilter = {}): Page<AuditEntry> {
    this.#writes.flush();
    return this.#pages.read(first, position, filter);
  }

  /** Every entry from now on; before all others the newest that there is, so that nobody misses one who was away. */
  follow(): AsyncIterableIterator<AuditEntry> {
    return this.#followers.subscribe(...this.page(1).items);
  }

  /** How many follow the log. */
  get followers(): number {
    return this.#followers.size;
  }

  #write(): void {
    this.#inserted = this.#queue.map((entry) => this.#insertEntry(entry));
    if (this.#lost > 0) {
      const detail = `${this.#lost} entries were lost while ${longestQueue} others waited to be written.`;
      const loss = entryOf({ action: 'ENTRIES_LOST', outcome: 'FAILED', detail }, this.#now());
      this.#inserted.push(this.#insertEntry(loss));
    }
    const newest = this.#inserted.at(-1);
    if (newest) this.#removeSurplus(newest.id);
    this.#expiry.run(this.#now());
  }

  #written(): void {
    const inserted = this.#inserted;
    this.#queue = [];
    this.#lost = 0;
    this.#inserted = [];
    for (const entry of inserted) this.#followers.publish(entry);
  }

  #insertEntry(entry: UnwrittenEntry): AuditEntry {
    const { at, action, outcome, actor, source, detail } = entry;
    const { lastInsertRowid } = this.#insert.run(
      ...[at, action, outcome],
      ...[actor?.id ?? null, actor?.name ?? null, actor?.email ?? null],
      ...[source.address ?? null, source.userAgent ?? null, detail ?? null],
    );
    return { id: Number(lastInsertRowid), ...entry };
  }

  /** Ids have no gaps, so they tell the number of entries without counting. */
  #removeSurplus(newestId: number): void {
    const { id: oldestId } = this.#findOldest.get() as { id: number };
    const surplus = newestId - oldestId + 1 - this.#limits.maximumEntries;
    if (surplus > 0)
      this.#removeBefore.run(oldestId + Math.min(surplus, this.#inserted.length + surplusBatch));
  }
}

/** The event as it will be kept: everything that came from outside is read now, and bounded. */
function entryOf({ action, outcome, actor, source, detail }: AuditEvent, at: number): UnwrittenEntry {
  return {
    ...{ at, action, outcome },
    actor: actor && boundedAccount(actor),
    source: boundedSource(source),
    detail: detail === undefined ? undefined : boundedText(detail),
  };
}
