import { spawnSync } from 'node:child_process';
import { BuildError } from './build-error.ts';
import { builds, repositoryRoot } from './builds.cjs';
import { buildInPlace } from './staged-build.ts';

/** Builds the web app unless `web/dist` is newer than everything it is made of. */
export async function ensureWebApp(): Promise<void> {
  await buildInPlace(builds.webApp, makeWebApp, { ifStale: true });
}

/** @throws {BuildError} */
export async function makeWebApp(staging: string): Promise<void> {
  console.log('Building the web app …');
  run('codegen', {});
  run('build', { HOLDFAST_WEB_OUT: staging });
}

function run(script: string, extraEnvironment: Record<string, string>): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script, '-w', 'web'], {
    cwd: repositoryRoot,
    env: { ...process.env, ...extraEnvironment },
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  throw new BuildError(
    `The web app could not be built (npm run ${script} -w web):\n${stdout}${stderr}\nIf packages are missing, run npm ci; then try again.`,
  );
}
