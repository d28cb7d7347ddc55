import type { Account, RequestSource } from '../requester.ts';

/** What can happen at an instance; the names of GraphQL's `AuditAction`. Stored by name, so a name stays. */
export const auditActions = [
  'INSTANCE_STARTED',
  'INSTANCE_STOPPED',
  'INSTANCE_RENAMED',
  'CREDENTIALS_RESET',
  'OTHER_COPY_SEEN',
  'CLAIMED',
  'CLAIM_CODE_REFUSED',
  'CLAIM_LOCKED',
  'SIGNED_IN',
  'SIGNED_OUT',
  'SESSION_ENDED',
  'ACCESS_REFUSED',
  'ENTRIES_LOST',
] as const;

/** How it went; the names of GraphQL's `AuditOutcome`. */
export const auditOutcomes = ['SUCCEEDED', 'REFUSED', 'FAILED'] as const;

export type AuditAction = (typeof auditActions)[number];
export type AuditOutcome = (typeof auditOutcomes)[number];

/** Something that has just happened. */
export interface AuditEvent {
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  /** Undefined when it was nobody known, or the instance itself. */
  readonly actor?: Account | undefined;
  readonly source?: RequestSource | undefined;
  /** A few words; never a token or a code, nor anything that `secrets.db` seals, such as names of instances. */
  readonly detail?: string | undefined;
}

/** A line of the audit log. */
export interface AuditEntry {
  /** Rises with every entry and is never used again. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  readonly actor: Account | undefined;
  readonly source: RequestSource;
  readonly detail: string | undefined;
}

/** Which entries to show; whatever is undefined does not matter. */
export interface AuditFilter {
  readonly actions?: readonly AuditAction[] | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** Account id. */
  readonly actor?: string | undefined;
  /** Milliseconds since the epoch, this instant included. */
  readonly since?: number | undefined;
  /** Milliseconds since the epoch, this instant excluded. */
  readonly until?: number | undefined;
}
