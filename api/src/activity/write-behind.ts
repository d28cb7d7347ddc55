import type { ActivityDatabase } from './activity-database.ts';

/** Something that collects changes in memory until they are written. */
export interface PendingWrites {
  /** Writes what is pending, within a transaction that may still fail. */
  write(): void;
  /** Forgets what was pending: it is written now. What this leads to may be pending again. */
  written(): void;
}

/** How long changes wait for others to be written together with them. */
const flushMilliseconds = 50;
/** How long it waits after a failure. */
const retryMilliseconds = 1_000;

/** Told when writing begins to fail, with the reason, and when it works again. */
export interface WriteBehindObserver {
  readonly onFailed: (error: unknown) => void;
  readonly onRecovered: () => void;
}

/** Writes to `instance.db` a moment later and all together, so that no request waits for the disk. */
export class WriteBehind implements Disposable {
  readonly #database: ActivityDatabase;
  readonly #observer: WriteBehindObserver;
  readonly #sources: PendingWrites[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(database: ActivityDatabase, observer: WriteBehindObserver) {
    this.#database = database;
    this.#observer = observer;
  }

  add(source: PendingWrites): void {
    this.#sources.push(source);
  }

  /** Sees to it that what is pending is written within 50 ms. */
  schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#isFailing ? retryMilliseconds : flushMilliseconds);
  }

  /** Writes what is pending now. What cannot be written stays pending and is tried again. */
  flush(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      this.#database.transaction(() => {
        for (const source of this.#sources) source.write();
      });
    } catch (error) {
      if (!this.#isFailing) this.#observer.onFailed(error);
      this.#isFailing = true;
      this.schedule();
      return;
    }
    if (this.#isFailing) this.#observer.onRecovered();
    this.#isFailing = false;
    for (const source of this.#sources) source.written();
    this.flush();
  }

  /** Writes what is pending, for the last time. */
  [Symbol.dispose](): void {
    this.flush();
    clearTimeout(this.#timer);
  }
}
