/** Ends `running` in order at the first SIGINT or SIGTERM and the process with it; a second one ends it at once. */
export function stopOnSignal(running: AsyncDisposable): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    void running[Symbol.asyncDispose]().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
