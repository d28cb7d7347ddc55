import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The Chromium that browser tests drive: the one named by CHROMIUM_PATH, one of the system, or one that is installed
 * now. `undefined` means Playwright's own download, which was fetched because the system offers none.
 */
export function findOrInstallChromium(): string | undefined {
  const found = findChromium();
  if (found) return found;

  console.log('No Chromium found: installing it …');
  if (process.getuid?.() === 0 && isOnPath('apt-get')) {
    const apt = ['-o', 'DPkg::Lock::Timeout=300', '-y'];
    spawnSync('apt-get', [...apt, 'update'], { stdio: 'inherit' });
    spawnSync('apt-get', [...apt, 'install', '--no-install-recommends', 'chromium'], {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    const installed = findChromium();
    if (installed) return installed;
  }
  const { status } = spawnSync('npx', ['playwright', 'install', 'chromium'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    throw new Error(
      'No Chromium could be found or installed. Install Chromium or Google Chrome, or set CHROMIUM_PATH to it.',
    );
  }
  return undefined;
}

function findChromium(): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return (
    names.map(isOnPath).find((path) => path !== undefined) ??
    [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ].find(isExecutable)
  );
}

function isOnPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
