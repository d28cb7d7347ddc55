import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

/** What is to be read is no regular file (or a link to one), or larger than such a file ever is. */
export class NotRegularError extends Error {
  override readonly name = 'NotRegularError';
  readonly code: 'not_regular' | 'too_large';

  constructor(code: 'not_regular' | 'too_large', path: string) {
    super(`${path} is refused: ${code}.`);
    this.code = code;
  }
}

/** Opens for reading without waiting for the far end of a pipe. */
export const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** And without following a link. */
const cautiously = withoutWaiting | (constants.O_NOFOLLOW ?? 0);

/**
 * Reads a whole regular file, not through the thread pool: at a start each turn there waits for WebAssembly that is
 * being compiled.
 *
 * @throws NotRegularError; the system error of the reading
 */
export function readRegularFile(path: string, largestBytes: number): Buffer {
  return readJudgedFile(path, (stats) => {
    if (!stats.isFile()) throw new NotRegularError('not_regular', path);
    if (stats.size > largestBytes) throw new NotRegularError('too_large', path);
  });
}

/**
 * Reads a whole file that is what it should be, in the same way.
 *
 * @param judge throws unless the file may be read
 * @throws what `judge` throws; the system error of the reading
 */
export function readJudgedFile(path: string, judge: (stats: Stats) => void): Buffer {
  const descriptor = openSync(path, cautiously);
  try {
    judge(fstatSync(descriptor));
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether files of that user may be trusted: this user's own and root's. */
export function isOwnOrRoots(uid: number): boolean {
  return process.getuid === undefined || uid === process.getuid() || uid === 0;
}
