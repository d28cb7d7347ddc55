import type { Usage } from '../measured-server.ts';

/** Tells the measuring process where this server listens, then what it uses whenever it is asked; ends with it. */
export function reportTo(parent: NodeJS.Process, url: string, keyFetches = () => 0): void {
  parent.on('message', () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { heapUsed, external } = process.memoryUsage();
    const usage: Usage = { cpu: user + system, heap: heapUsed + external, keyFetches: keyFetches() };
    parent.send?.(usage);
  });
  parent.on('disconnect', () => process.exit(0));
  parent.send?.({ url });
}
