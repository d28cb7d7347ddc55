import { networksOf } from '../http/networks.ts';
import type { Account, RequestSource } from '../requester.ts';
import type { AuditEvent } from './audit-entry.ts';
import { boundedSource } from './bounded-text.ts';

/**
 * This many different refusals have entries of their own within an hour; the others share one. Each group has room of its
 * own: what anybody can cause must not hide what only few can.
 */
const ownEntries = {
  /** Of nobody known. */
  unnamed: 20,
  /** Of accounts that do not belong here. */
  strangers: 10,
  /** Of accounts that do: who lacks the key or uses a proof again may have stolen the token. */
  members: 10,
};

/** And this many of them one account, or one network where there is none: from the narrowest to the widest. */
const ownEntriesOfOne = [4, 8, 12, 16];

type Group = keyof typeof ownEntries;

interface Repetition {
  readonly event: AuditEvent & { readonly detail: string };
  readonly group: Group;
  /** Whom it counts for: an account, or networks from the narrowest on. */
  readonly whose: readonly string[];
  count: number;
}

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
 * address at once, and when the hour is over how many followed. That is at most 41 entries an hour of what anybody can cause
 * and 40 of what takes an account, so that a flood of a whole year leaves more than a quarter of the audit log and pushes
 * nothing else out.
 */
export class RefusalLog {
  readonly #record: (event: AuditEvent) => void;
  readonly #repetitions = new Map<string, Repetition>();
  #others = 0;

  constructor(record: (event: AuditEvent) => void) {
    this.#record = record;
  }

  note({ code, message, account, source }: Refusal): void {
    const key = `${code} ${source.address} ${account?.id}`;
    const known = this.#repetitions.get(key);
    if (known) {
      known.count += 1;
      return;
    }
    const group = groupOf(code, account);
    const whose = account ? [account.id] : networksOf(source.address ?? '');
    if (!this.#hasRoom(group, whose)) {
      this.#others += 1;
      return;
    }
    const event = { ...refused(message), actor: account, source: boundedSource(source) };
    this.#repetitions.set(key, { event, group, whose, count: 0 });
    this.#record(event);
  }

  #hasRoom(group: Group, whose: readonly string[]): boolean {
    const ofGroup = [...this.#repetitions.values()].filter((repetition) => repetition.group === group);
    if (ofGroup.length >= ownEntries[group]) return false;
    return whose.every((who, breadth) => {
      const ofOne = ofGroup.filter((repetition) => repetition.whose[breadth] === who);
      return ofOne.length < (ownEntriesOfOne[breadth] ?? 0);
    });
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

function groupOf(code: string, account: Account | undefined): Group {
  if (account === undefined) return 'unnamed';
  return code === 'access_denied' ? 'strangers' : 'members';
}

function refused(detail: string): AuditEvent & { readonly detail: string } {
  return { action: 'ACCESS_REFUSED', outcome: 'REFUSED', detail };
}
