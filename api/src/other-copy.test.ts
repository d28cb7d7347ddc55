import { beforeEach, expect, test } from 'vitest';
import type { AuditEvent } from './activity/audit-entry.ts';
import { createLogger } from './logger.ts';
import { NoticeBoard } from './notices.ts';
import { noteOtherCopy } from './other-copy.ts';

let lines: string[];
let recorded: AuditEvent[];
let notices: NoticeBoard;
const note = (since: string | undefined) =>
  noteOtherCopy(since === undefined ? undefined : new Date(since), {
    notices,
    record: (event) => recorded.push(event),
  });

beforeEach(() => {
  lines = [];
  recorded = [];
  const logger = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
  notices = new NoticeBoard(logger, () => 0);
});

test('row 65: another copy is told of once, with what to do, and again when it comes back', () => {
  note('2026-11-30T15:43:21.000Z');
  expect(notices.list()).toEqual([
    {
      code: 'OTHER_COPY_RUNS',
      message: expect.stringMatching(/2026-11-30 15:43 UTC.*stop one of them.*--reset-credentials/),
      since: expect.any(Date),
    },
  ]);
  // It was restarted.
  note('2026-11-30T15:50:00.000Z');
  expect(notices.list()[0]?.message).toContain('15:50 UTC');
  expect(lines).toHaveLength(1);
  expect(recorded).toEqual([
    { action: 'OTHER_COPY_SEEN', outcome: 'FAILED', detail: 'running since 2026-11-30 15:43 UTC' },
  ]);
  note(undefined);
  expect(notices.list()).toEqual([]);
  expect(lines.at(-1)).toContain('No other copy');
  note('2026-11-30T16:00:00.000Z');
  expect(recorded).toHaveLength(2);
});
