import type { AuditEvent } from './audit-entry.ts';

/** This many of a kind have entries of their own within an hour. */
const ownEntries = 10;

interface Kind {
  /** The first of it. */
  readonly event: AuditEvent;
  count: number;
}

/**
 * Records what accounts do. Who may rename the instance or sign in can do so again and again: of each kind the first ten
 * within an hour are told at once, and how many followed when it is over. All kinds there are make some 33 entries an hour of
 * an account, so that in a year it pushes nothing that matters out of the audit log.
 */
export class AccountLog {
  readonly #record: (event: AuditEvent, at?: number) => void;
  readonly #kinds = new Map<string, Kind>();

  constructor(record: (event: AuditEvent, at?: number) => void) {
    this.#record = record;
  }

  /**
   * @param options.at when it happened, in milliseconds since the epoch, if that was earlier
   * @param options.of the id of the account, if it happened to it
   */
  note(
    event: AuditEvent,
    { at, of = event.actor?.id }: { at?: number | undefined; of?: string | undefined } = {},
  ): void {
    const { action, outcome } = event;
    const key = `${action} ${outcome} ${of}`;
    const kind = this.#kinds.get(key) ?? { event, count: 0 };
    this.#kinds.set(key, kind);
    kind.count += 1;
    if (kind.count <= ownEntries) this.#record(event, at);
  }

  /** Records what was counted, and begins anew. */
  endHour(): void {
    for (const { event, count } of this.#kinds.values()) {
      const { action, outcome, actor } = event;
      const rest = `${count - ownEntries} more within an hour.`;
      const detail = actor || event.detail === undefined ? rest : `${event.detail}: ${rest}`;
      if (count > ownEntries) this.#record({ action, outcome, actor, detail });
    }
    this.#kinds.clear();
  }
}
