import { mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Build, isCurrent, repositoryRoot } from './builds.cjs';

const buildLockTimeoutMilliseconds = 600_000;

/**
 * Builds into `build.folder`. The build happens beside the old one and takes its place by a rename, so that servers that
 * are running never see half a build; two builders at once (two first starts) wait for each other.
 *
 * @param make fills the folder that it is given
 * @param options.ifStale not if there is a build that is current
 * @throws {BuildError} what `make` throws; the old build is then still there
 */
export async function buildInPlace(
  build: Build,
  make: (staging: string) => Promise<void>,
  { ifStale = false, root = repositoryRoot }: { ifStale?: boolean; root?: string } = {},
): Promise<void> {
  using _lock = buildLock(root);
  if (ifStale && isCurrent(build, root)) return;
  const folder = join(root, build.folder);
  const staging = join(dirname(folder), `dist.${process.pid}`);
  const retired = join(dirname(folder), `dist.old.${process.pid}`);
  const startedAt = new Date();
  try {
    await make(staging);
    // What changes while it builds is newer than it.
    utimesSync(join(staging, build.entry), startedAt, startedAt);
    renameIfThere(folder, retired);
    renameSync(staging, folder);
  } finally {
    for (const left of [staging, retired]) rmSync(left, { recursive: true, force: true });
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** An OS lock held through SQLite: it waits while another process builds and a crash releases it. */
function buildLock(root: string): Disposable {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const database = new DatabaseSync(join(cache, 'holdfast-build.lock'), {
    timeout: buildLockTimeoutMilliseconds,
  });
  database.exec('BEGIN EXCLUSIVE');
  return { [Symbol.dispose]: () => database.close() };
}
