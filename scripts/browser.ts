import { spawnSync } from 'node:child_process';
import { findProgram, installDebianPackage, isExecutable } from './programs.ts';

/**
 * The Chromium that browser tests drive: the one named by CHROMIUM_PATH, one of the system, or one that is installed
 * now. `undefined` means Playwright's own download, which was fetched because the system offers none.
 */
export function findOrInstallChromium(): string | undefined {
  const found = findChromium();
  if (found) return found;

  console.log('No Chromium found: installing it …');
  installDebianPackage('chromium');
  const installed = findChromium();
  if (installed) return installed;
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
    names.map((name) => findProgram(name)).find((path) => path !== undefined) ??
    [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ].find(isExecutable)
  );
}
