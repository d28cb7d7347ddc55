import type { DataDirectory } from './data-directory/data-directory.ts';
import { StartupError } from './errors.ts';
import type { NoticeBoard } from './notices.ts';

const everyMilliseconds = 10_000;

/**
 * Looks now and then, until disposed of, whether the data directory is still this process's alone: a save, which would
 * find out, may be minutes away.
 */
export function watchLock(
  directory: Pick<DataDirectory, 'assertHeld'>,
  notices: NoticeBoard,
  milliseconds: number = everyMilliseconds,
): Disposable {
  const timer = setInterval(() => {
    try {
      directory.assertHeld();
      notices.clear('LOCK_LOST');
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      notices.raise('LOCK_LOST', error.message);
    }
  }, milliseconds).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
