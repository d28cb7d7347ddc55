import type { AuditEvent } from './activity/audit-entry.ts';
import type { NoticeBoard } from './notices.ts';

export interface OtherCopyContext {
  readonly notices: NoticeBoard;
  readonly record: (event: AuditEvent) => void;
}

/** Tells people that another copy of this instance runs, and since when; undefined when none does. */
export function noteOtherCopy(since: Date | undefined, { notices, record }: OtherCopyContext): void {
  if (since === undefined) {
    notices.clear('OTHER_COPY_RUNS');
    return;
  }
  const instant = `${since.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const isKnown = notices.list().some(({ code }) => code === 'OTHER_COPY_RUNS');
  notices.raise(
    'OTHER_COPY_RUNS',
    `Another copy of this instance, with the same identity, has been running since ${instant}. If both are yours, as after a restore, stop one of them. If you do not know of it, somebody has a copy of the data directory with its key: restart this instance with --reset-credentials, which ends the identity of the copy.`,
  );
  if (!isKnown) record({ action: 'OTHER_COPY_SEEN', outcome: 'FAILED', detail: `running since ${instant}` });
}
