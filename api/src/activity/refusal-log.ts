import type { Account, RequestSource } from '../requester.ts';
import type { AuditEvent } from './audit-entry.ts';
import { boundedSource } from './bounded-text.ts';

/** This many different refusals have entries of their own within an hour; the others share one. */
const ownEntries = 20;

/** A request whose token or proof was refused. */
export interface Refusal {
  /** What was wrong, as a wire code such as `invalid_token`. */
  readonly code: string;
  /** What was wrong, for people; never quotes what was sent. */
  readonly message: string;
  /** Who it was, if the token said so validly. */
  readonly account: Account | undefined;
  readonly source: RequestSource;
}

/**
 * Records refused requests, which anybody on the network may cause in any number: the first of its kind from an
 * address at once, and when the hour is over how many followed. That is at most 41 entries an hour, so that a flood of
 * a whole year fills about a third of the audit log and pushes nothing else out.
 */
export class RefusalLog {
  readonly #record: (event: AuditEvent) => void;
  readonly #repetitions = new Map<string, { readonly event: AuditEvent; count: number }>();
  #others = 0;

  constructor(record: (event: AuditEvent) => void) {
    this.#record = record;
  }

  note({ code, message, account, source }: Refusal): void {
    const key = `${code} ${source.address} ${account?.id}`;
    const known = this.#repetitions.get(key);
    if (known) {
      known.count += 1;
    } else if (this.#repetitions.size < ownEntries) {
      const event = { ...refused(message), actor: account, source: boundedSource(source) };
      this.#repetitions.set(key, { event, count: 0 });
      this.#record(event);
    } else {
      this.#others += 1;
    }
  }

  /** Records what was counted, and begins anew. */
  endHour(): void {
    for (const { event, count } of this.#repetitions.values()) {
      if (count > 0) this.#record({ ...event, detail: `${count} more like this. ${event.detail}` });
    }
    if (this.#others > 0) this.#record(refused(`${this.#others} more, from other addresses.`));
    this.#repetitions.clear();
    this.#others = 0;
  }
}

function refused(detail: string): AuditEvent & { readonly detail: string } {
  return { action: 'ACCESS_REFUSED', outcome: 'REFUSED', detail };
}
