/** A package manager passes Ctrl-C on although the terminal has sent it to all: one keystroke may arrive twice. */
const sameKeystrokeMilliseconds = 500;

/** Ends `running` in order at the first SIGINT or SIGTERM and the process with it; a later one ends it at once. */
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
}
