import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url));

const webRoot = join(repositoryRoot, 'web');
const dist = join(webRoot, 'dist');
const buildLockTimeoutMilliseconds = 600_000;

/** Builds the web app unless `web/dist` is newer than everything it is made of. */
export function ensureWebApp(): void {
  if (!isCurrent()) buildWebApp();
}

/**
 * Builds `web/dist`. The build happens beside the old one and takes its place by a rename, so that servers that are
 * running never see half a build; two builders at once (two first starts) wait for each other.
 */
export function buildWebApp(): void {
  using _lock = buildLock();
  const staging = join(webRoot, `dist.${process.pid}`);
  console.log('Building the web app …');
  run('codegen', {});
  run('build', { HOLDFAST_WEB_OUT: staging });
  const retired = join(webRoot, `dist.old.${process.pid}`);
  if (modifiedAt(dist) > 0) renameSync(dist, retired);
  renameSync(staging, dist);
  rmSync(retired, { recursive: true, force: true });
}

function run(script: string, extraEnvironment: Record<string, string>): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', script, '-w', 'web'], {
    cwd: repositoryRoot,
    env: { ...process.env, ...extraEnvironment },
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    throw new Error(`The web app could not be built (npm run ${script} -w web):\n${stdout}${stderr}`);
}

/** An OS lock held through SQLite: it waits while another process builds and a crash releases it. */
function buildLock(): Disposable {
  const cache = join(repositoryRoot, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const database = new DatabaseSync(join(cache, 'holdfast-build.lock'), {
    timeout: buildLockTimeoutMilliseconds,
  });
  database.exec('BEGIN EXCLUSIVE');
  return { [Symbol.dispose]: () => database.close() };
}

function isCurrent(): boolean {
  const builtAt = modifiedAt(join(dist, 'index.html'));
  if (builtAt === 0) return false;
  const sources = [
    join(repositoryRoot, 'schema.graphql'),
    join(repositoryRoot, 'package-lock.json'),
    ...readdirSync(webRoot, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(webRoot, entry.name)),
    ...readdirSync(join(webRoot, 'src'), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('generated'))
      .map((entry) => join(entry.parentPath, entry.name)),
  ];
  return sources.every((source) => modifiedAt(source) <= builtAt);
}

/** Milliseconds since the epoch, 0 when there is no such file. */
function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
