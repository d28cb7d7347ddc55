/** A package manager passes Ctrl-C on although the terminal has sent it to all: one keystroke may arrive twice. */
const sameKeystrokeMilliseconds = 500;

const orphanCheckMilliseconds = 1_000;

/**
 * Ends `running` in order at the first SIGINT or SIGTERM and the process with it; a later one ends it at once. Under a
 * package manager, the end of that counts too: killed, it takes its shell along and leaves us behind with the ports.
 */
export function stopOnSignal(running: AsyncDisposable): void {
  let stoppingSince: number | undefined;
  const stop = (): void => {
    const now = performance.now();
    if (stoppingSince !== undefined) {
      if (now - stoppingSince > sameKeystrokeMilliseconds) process.exit(1);
      return;
    }
    stoppingSince = now;
    void running[Symbol.asyncDispose]().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && stoppingSince === undefined) stop();
  }, orphanCheckMilliseconds).unref();
}
