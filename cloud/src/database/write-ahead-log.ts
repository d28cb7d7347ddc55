import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const writeToDisk = promisify(fdatasync);

/** Where commits are before they are on the disk. */
export interface SyncedLog {
  /** Resolves when all that has been committed is on the disk. Once that has failed, it fails ever after. */
  sync(): Promise<void>;
  /** Once nothing is being written any more. */
  close(): void;
}

/**
 * SQLite's write-ahead log, to which every commit is appended. With `synchronous = NORMAL` SQLite keeps it consistent
 * but leaves it to the system when it is on the disk; and where SQLite would hold up everybody meanwhile, this waits on
 * another thread.
 *
 * @see {@link https://www.sqlite.org/wal.html#performance_considerations Write-Ahead Logging}
 */
export class WriteAheadLog implements SyncedLog {
  readonly #path: string;
  #file: number | undefined;
  /** Stays when it fails: the system may forget what it could not write, and a second try would succeed with nothing. */
  #running: Promise<void> = Promise.resolve();
  /** For what was committed after the one that runs had begun. */
  #next: Promise<void> | undefined;

  /** @param databasePath in WAL mode, with a connection that stays open as long as this */
  constructor(databasePath: string) {
    this.#path = `${databasePath}-wal`;
  }

  async sync(): Promise<void> {
    this.#next ??= this.#running.then(async () => {
      this.#running = this.#run();
      return this.#running;
    });
    return this.#next;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  async #run(): Promise<void> {
    this.#next = undefined;
    this.#file ??= openLog(this.#path);
    await writeToDisk(this.#file);
  }
}

/** SQLite makes the file with the first commit, but does not make sure that the directory keeps it. */
function openLog(path: string): number {
  const file = openSync(path, 'r+');
  // Windows has nothing of the kind, and does not need it.
  if (process.platform !== 'win32') {
    const directory = openSync(dirname(path), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }
  return file;
}
