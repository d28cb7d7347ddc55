import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory } from '../test/temporary-directory.ts';
import { openDataDirectory } from './data-directory/data-directory.ts';
import { watchLock } from './lock-watch.ts';
import { createLogger } from './logger.ts';
import { NoticeBoard } from './notices.ts';

test('a lock that was removed is noticed though nothing is saved', async () => {
  await using root = await temporaryDirectory();
  await using directory = await openDataDirectory(join(root.path, 'data'));
  const lines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
  const notices = new NoticeBoard(logger, Date.now);
  using _watch = watchLock(directory, notices, 5);
  await rm(join(directory.path, 'lock'));
  await vi.waitUntil(() => notices.list().length > 0);
  expect(notices.list()).toMatchObject([
    { code: 'LOCK_LOST', message: expect.stringContaining('Stop all processes') },
  ]);
  expect(lines.join()).toContain('LOCK_LOST');
});
