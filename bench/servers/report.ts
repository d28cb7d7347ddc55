import type { Usage } from '../measured-server.ts';

/** Tells the measuring process where this server listens, then what it uses whenever it is asked; ends with it. */
export function reportTo(parent: NodeJS.Process, url: string, keyFetches = () => 0): void {
  // What it takes to answer is not what the server was asked for.
  let spentOnAnswers = 0;
  parent.on('message', () => {
    const before = processorTime();
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    const usage: Usage = {
      cpu: before - spentOnAnswers,
      heap: heapUsed + external,
      keyFetches: keyFetches(),
    };
    spentOnAnswers += processorTime() - before;
    parent.send?.(usage);
  });
  parent.on('disconnect', () => process.exit(0));
  parent.send?.({ url });
}

/** Microseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
