import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OutputBundle, OutputOptions } from 'rolldown';
import { BuildError } from './build-error.ts';
import { builds, repositoryRoot } from './builds.cjs';
import { libsodiumWasm } from './libsodium-wasm.ts';
import { buildInPlace } from './staged-build.ts';

export type ServerName = Exclude<keyof typeof builds, 'webApp'>;

/** Where each server begins: modules that export how to run it, and do nothing by themselves. */
const entries: Readonly<Record<ServerName, string>> = {
  instance: 'api/src/command-line.ts',
  cloud: 'cloud/src/command-line.ts',
  both: 'scripts/start-servers.ts',
};

/**
 * What a start needs in one file, and in others what is imported later, so that it is neither read nor compiled before.
 * The hashes keep a server from loading parts of a build that has taken the place of its own.
 */
const inParts: OutputOptions = {
  codeSplitting: { groups: [{ name: 'initial', tags: ['$initial'] }] },
  chunkFileNames: '[name]-[hash].cjs',
};

/** Bundles a server unless that was done since its sources changed. */
export async function ensureServerBundle(server: ServerName): Promise<void> {
  await buildInPlace(builds[server], async (staging) => bundleServer(server, staging), { ifStale: true });
}

/**
 * Bundles a server with everything it needs but Node.js itself.
 *
 * @param entry its first module, unless it is the usual one
 * @throws {BuildError}
 */
export async function bundleServer(
  server: ServerName,
  staging: string,
  entry = entries[server],
): Promise<void> {
  console.log(`Bundling ${builds[server].folder} …`);
  const { rolldown } = await loadBundler();
  try {
    await using bundle = await rolldown({
      cwd: repositoryRoot,
      input: entry,
      platform: 'node',
      plugins: [libsodiumWasm, { name: 'ascii', generateBundle: (_options, files) => escapeNonAscii(files) }],
      // Left to itself, it would leave what it cannot find to the moment at which that is needed.
      onLog(_level, log) {
        if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      },
    });
    await bundle.write({
      dir: staging,
      format: 'cjs',
      ...(server === 'instance' ? inParts : { codeSplitting: false }),
      entryFileNames: builds[server].entry,
      comments: false,
    });
  } catch (error) {
    throw new BuildError(
      `${entry} could not be bundled:\n${error instanceof Error ? error.message : String(error)}\nIf packages are missing, run npm ci; then try again.`,
      { cause: error },
    );
  }
  if (server !== 'cloud') copyCompanions(staging);
}

/** One character beyond Latin-1 makes V8 hold all of a file in two bytes each, which costs 5 ms of a start. */
function escapeNonAscii(files: OutputBundle): void {
  for (const file of Object.values(files)) {
    if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\x7f]/g, escapeUnit);
  }
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

async function loadBundler(): Promise<typeof import('rolldown')> {
  try {
    return await import('rolldown');
  } catch (cause) {
    throw new BuildError(
      'The servers cannot be bundled, because rolldown is not installed: it is among the devDependencies. Run npm ci with them, or npm run build before they are left out.',
      { cause },
    );
  }
}

/** Files that packages of the instance look for beside themselves. */
function copyCompanions(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { resolve } = createRequire(join(repositoryRoot, 'api', 'package.json'));
  copyFileSync(resolve('sql.js/dist/sql-wasm.wasm'), join(folder, 'sql-wasm.wasm'));
  copyFileSync(join(dirname(resolve('open')), 'xdg-open'), join(folder, 'xdg-open'));
}
