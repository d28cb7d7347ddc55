import type { StatementSync } from 'node:sqlite';
import { BoundedMap } from '../bounded-map.ts';
import type { ActivityDatabase } from './activity-database.ts';
import {
  type AuditAction,
  type AuditEntry,
  type AuditFilter,
  type AuditOutcome,
  auditActions,
  auditOutcomes,
} from './audit-entry.ts';
import { earlierThan, type Page, type Position, pageOf } from './page.ts';

interface AuditRow {
  id: number;
  at: number;
  action: AuditAction;
  outcome: AuditOutcome;
  actor_id: string | null;
  actor_name: string | null;
  actor_email: string | null;
  address: string | null;
  user_agent: string | null;
  detail: string | null;
}

interface Kind {
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
}

/** Reads pages of the audit log, each in about the same short time, wherever it is and whatever is asked for. */
export class AuditPages {
  readonly #database: ActivityDatabase;
  readonly #statements = new BoundedMap<string, StatementSync>(64);

  constructor(database: ActivityDatabase) {
    this.#database = database;
  }

  /** The newest `first` entries after `position` that `filter` lets through. */
  read(first: number, position: Position, filter: AuditFilter): Page<AuditEntry> {
    const kinds = kindsOf(filter);
    if (kinds?.length === 0) return { items: [], hasMore: false };
    const { actor, since = 0, until } = filter;
    const { at, id } = earlierThan(until, position);
    const rows = this.#statement(kinds?.length, actor !== undefined).all({
      since,
      at,
      id,
      limit: first + 1,
      ...(actor !== undefined && { actor }),
      ...Object.fromEntries(
        (kinds ?? []).flatMap(({ action, outcome }, index) => [
          [`action${index}`, action],
          [`outcome${index}`, outcome],
        ]),
      ),
    });
    return pageOf(rows as unknown as AuditRow[], first, readRow);
  }

  /**
   * Each kind of entries is an arm of its own, which an index holds in the right order; SQLite merges the arms until
   * the page is full. So nothing is sorted or skipped, however rare the entries are.
   *
   * @param kinds how many kinds; undefined for whatever there is
   */
  #statement(kinds: number | undefined, isOfActor: boolean): StatementSync {
    const key = `${kinds} ${isOfActor}`;
    const known = this.#statements.get(key);
    if (known) return known;
    const arms = Array.from({ length: kinds ?? 1 }, (_, index) => {
      const conditions = [
        ...(isOfActor ? ['actor_id = :actor'] : []),
        ...(kinds === undefined ? [] : [`action = :action${index}`, `outcome = :outcome${index}`]),
        ...['at >= :since', '(at, id) < (:at, :id)'],
      ];
      return `SELECT at, id FROM audit_entries WHERE ${conditions.join(' AND ')}`;
    });
    const statement = this.#database.prepare(
      `SELECT entry.* FROM (${arms.join(' UNION ALL ')} ORDER BY at DESC, id DESC LIMIT :limit) AS page
       JOIN audit_entries AS entry ON entry.id = page.id
       ORDER BY page.at DESC, page.id DESC`,
    );
    this.#statements.set(key, statement);
    return statement;
  }
}

/** The kinds that a filter lets through; undefined when it lets everything through, of whomever. */
function kindsOf({ actions, outcome, actor }: AuditFilter): Kind[] | undefined {
  if (actions === undefined && outcome === undefined && actor === undefined) return undefined;
  const outcomes = outcome === undefined ? auditOutcomes : [outcome];
  return [...new Set(actions ?? auditActions)].flatMap((action) =>
    outcomes.map((each) => ({ action, outcome: each })),
  );
}

function readRow(row: AuditRow): AuditEntry {
  const { id, at, action, outcome, actor_id, actor_name, actor_email, address, user_agent, detail } = row;
  return {
    id,
    at,
    action,
    outcome,
    actor: actor_id === null ? undefined : { id: actor_id, name: actor_name ?? '', email: actor_email ?? '' },
    source: { address: address ?? undefined, userAgent: user_agent ?? undefined },
    detail: detail ?? undefined,
  };
}
