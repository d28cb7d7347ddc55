import { join } from 'node:path';
import { repositoryRoot } from '../scripts/builds.cjs';
import type { StartOptions } from './started-process.ts';

export interface ServedPlace {
  /** The data lies below it. */
  readonly root: string;
  /** On the IPv4 loopback address. */
  readonly port: number;
}

/** How `holdfast serve` is started, with its data in `root/instance`. */
export function serveInstance(
  { root, port }: ServedPlace,
  cloudUrl: string,
  ...flags: string[]
): Pick<StartOptions, 'command' | 'port'> {
  const command = [
    ...['serve', '--data-path', join(root, 'instance'), '--key-file', join(root, 'key')],
    ...['--listen', `127.0.0.1:${port}`, '--cloud', cloudUrl, '--no-open'],
  ] as const;
  return { command: [process.execPath, scriptOf('holdfast.cjs'), ...command, ...flags], port };
}

/** How `holdfast-cloud serve` is started, with its data in `root/cloud`. */
export function serveCloud(
  { root, port }: ServedPlace,
  ...flags: string[]
): Pick<StartOptions, 'command' | 'port'> {
  const command = ['serve', '--data-path', join(root, 'cloud'), '--listen', `localhost:${port}`] as const;
  return { command: [process.execPath, scriptOf('holdfast-cloud.cjs'), ...command, ...flags], port };
}

function scriptOf(name: string): string {
  return join(repositoryRoot, 'scripts', 'bin', name);
}
