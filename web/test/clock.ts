import { vi } from 'vitest';

const realSetTimeout = globalThis.setTimeout;

/** Stops the clock; it goes on when a test says so. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
}

/** Lets everything happen that needs no time to pass, such as signing (by other threads) and answers of the fake network. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await realTurn();
}

/** Waits, without letting time pass, for something that needs none. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > giveUpAt) throw new Error(`It did not happen: ${condition.toString()}`);
    await realTurn();
  }
}

/** Lets time pass from timer to timer until the promise has settled. */
export async function passTimeUntil<T>(promise: Promise<T>): Promise<T> {
  const progress = { settled: false };
  const end = () => {
    progress.settled = true;
  };
  promise.then(end, end);
  await realTurn();
  while (!progress.settled) {
    if (vi.getTimerCount() > 0) await vi.advanceTimersToNextTimerAsync();
    await realTurn();
  }
  return await promise;
}

async function realTurn(): Promise<void> {
  await new Promise((resolve) => realSetTimeout(resolve, 1));
}
