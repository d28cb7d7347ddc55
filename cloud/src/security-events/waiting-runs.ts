import { mostRuns, type SeenRun } from './instance-runs.ts';

/** How many runs of instances may wait at once for what happens next. */
const mostWaiting = 10_000;

/** Who waits for events: of each run of an instance the latest request. */
export class WaitingRuns {
  readonly #wakes = new Map<string, Map<string, () => void>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns what ends the wait; undefined where there is no room for one more */
  add({ clientId, hash }: SeenRun, wake: () => void): Disposable | undefined {
    const runs = this.#wakes.get(clientId) ?? new Map<string, () => void>();
    const [first] = runs.keys();
    // One instance takes no more room than it has runs.
    const displaced = runs.has(hash) ? hash : runs.size >= mostRuns ? first : undefined;
    if (displaced !== undefined) {
      runs.get(displaced)?.();
      this.#remove(clientId, displaced);
    } else if (this.#size >= mostWaiting) return undefined;
    this.#wakes.set(clientId, runs.set(hash, wake));
    this.#size += 1;
    return {
      [Symbol.dispose]: () => {
        if (runs.get(hash) === wake) this.#remove(clientId, hash);
      },
    };
  }

  wake(clientId: string): void {
    for (const wake of this.#wakes.get(clientId)?.values() ?? []) wake();
  }

  wakeAll(): void {
    for (const clientId of this.#wakes.keys()) this.wake(clientId);
  }

  #remove(clientId: string, hash: string): void {
    const runs = this.#wakes.get(clientId);
    if (!runs?.delete(hash)) return;
    this.#size -= 1;
    if (runs.size === 0) this.#wakes.delete(clientId);
  }
}
