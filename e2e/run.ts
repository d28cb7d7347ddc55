import { spawnSync } from 'node:child_process';
import { findOrInstallChromium } from '../scripts/browser.ts';

// Playwright's test runner with the Chromium of this machine; arguments are passed on (`npm test -w e2e -- --ui`).
const executablePath = findOrInstallChromium();
const { status } = spawnSync('npx', ['playwright', 'test', ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: import.meta.dirname,
  env: { ...process.env, ...(executablePath && { CHROMIUM_PATH: executablePath }) },
  shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
