import type { Usage } from '../measured-server.ts';

/** Tells the measuring process where this server listens, then what it uses whenever it is asked; ends with it. */
export function reportTo(parent: NodeJS.Process, url: string): void {
  parent.on('message', () => {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const usage: Usage = { cpu: user + system, memory: process.memoryUsage.rss() };
    parent.send?.(usage);
  });
  parent.on('disconnect', () => process.exit(0));
  parent.send?.({ url });
}
