import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The file of a program, among `folders` or those of PATH. */
export function findProgram(
  name: string,
  folders = (process.env.PATH ?? '').split(delimiter),
): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs a Debian package where that is possible: as root, with `apt-get`. Services that it brings stay stopped. */
export function installDebianPackage(name: string): void {
  if (process.getuid?.() !== 0 || !findProgram('apt-get')) return;
  const apt = ['-o', 'DPkg::Lock::Timeout=300', '-y'];
  spawnSync('apt-get', [...apt, 'update'], { stdio: 'inherit' });
  spawnSync('apt-get', [...apt, 'install', '--no-install-recommends', name], {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1', SYSTEMD_OFFLINE: '1' },
  });
}
