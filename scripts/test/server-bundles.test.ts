import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { version } from '../../api/src/version.ts';
import { freePorts } from '../../e2e/test-network.ts';
import { BuildError } from '../build-error.ts';
import { type Build, builds, isCurrent, repositoryRoot } from '../builds.cjs';
import { bundleServer, ensureServerBundle } from '../server-bundles.ts';

const runFile = promisify(execFile);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-bundles-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs one of our scripts to its end. */
async function runScript(script: string, ...scriptArguments: string[]) {
  return runFile(process.execPath, [join(repositoryRoot, 'scripts', script), ...scriptArguments]);
}

function entryOf({ folder, entry }: Build): string {
  return join(repositoryRoot, folder, entry);
}

function makeOld(build: Build): void {
  utimesSync(entryOf(build), 1, 1);
}

describe('a bundle', () => {
  test.each([
    ['instance', 'holdfast.cjs', ['--key-file', 'key', '--cloud', 'http://127.0.0.1:1', '--no-open'], 200],
    ['cloud', 'holdfast-cloud.cjs', [], 404],
  ] as const)(
    'of the %s starts and answers where there are no packages',
    async (server, entry, flags, status) => {
      await bundleServer(server, join(root, 'dist'));
      mkdirSync(join(root, 'web'));
      writeFileSync(join(root, 'web', 'index.html'), 'a page');
      writeFileSync(join(root, 'web', 'account.html'), 'a page');
      const [port] = await freePorts(1);
      const program = `require(${JSON.stringify(join(root, 'dist', entry))}).runCommandLine()`;
      const serving = ['serve', '--data-path', 'data', '--listen', `localhost:${port}`, '--web-app', 'web'];
      const child = spawn(process.execPath, ['-e', program, '--', ...serving, ...flags], { cwd: root });
      const exited = once(child, 'exit');
      try {
        let printed = '';
        for (const stream of [child.stdout, child.stderr]) {
          stream.on('data', (text) => {
            printed += text;
          });
        }
        await vi.waitFor(
          () => {
            expect(child.exitCode, printed).toBeNull();
            expect(printed).toContain('runs at');
          },
          { timeout: 15_000 },
        );
        const page = await (await fetch(`http://localhost:${port}/`)).text();
        expect(page).toBe('a page');
        const query = await fetch(`http://localhost:${port}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"query":"{ instance { state } }"}',
        });
        expect(query.status).toBe(status);
      } finally {
        child.kill('SIGTERM');
      }
      expect(await exited).toEqual([0, null]);
    },
  );

  test('is read as one byte per character', async () => {
    await bundleServer('instance', join(root, 'dist'));
    const files = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.cjs'));
    expect(files).toContain('holdfast.cjs');
    for (const file of files)
      expect(readFileSync(join(root, 'dist', file), 'latin1'), file).not.toMatch(/[\x80-\xff]/);
  });

  test('has the program of libsodium beside it, as the package holds it', async () => {
    await bundleServer('instance', join(root, 'dist'));
    const inPackage = createRequire(join(repositoryRoot, 'api', 'package.json')).resolve(
      'libsodium-wrappers',
    );
    const inlined = readFileSync(createRequire(inPackage).resolve('libsodium'), 'latin1');
    const program = readFileSync(join(root, 'dist', 'libsodium.wasm'));
    await WebAssembly.compile(program);
    expect(inlined).toContain(`"${program.toString('base64')}"`);
  });

  test('that cannot be made says what is wrong and what to do', async () => {
    const entry = join(root, 'entry.ts');
    writeFileSync(entry, "import { nothing } from 'a-package-that-is-not-there';\nnothing();\n");
    const failure = bundleServer('instance', join(root, 'dist'), entry);
    await expect(failure).rejects.toThrow(BuildError);
    await expect(failure).rejects.toThrow(/could not be bundled:.*a-package-that-is-not-there.*npm ci/s);
  });
});

describe('npm start', () => {
  test('bundles anew what is old, once, and runs that', async () => {
    await ensureServerBundle('both');
    makeOld(builds.both);
    const first = await runScript('bin/start.cjs', '--help');
    expect(first.stdout).toMatch(/^Bundling scripts\/dist …\nUsage: npm start/);
    expect(isCurrent(builds.both)).toBe(true);
    const second = await runScript('bin/start.cjs', '--help');
    expect(second.stdout).toMatch(/^Usage: npm start/);
  });
});

describe('holdfast', () => {
  test('runs its bundle, and its sources where that is old, and builds nothing', async () => {
    // A repository of its own: others run the bundle of this one meanwhile.
    for (const copied of ['scripts', 'api/bin'])
      cpSync(join(repositoryRoot, copied), join(root, copied), { recursive: true, preserveTimestamps: true });
    for (const linked of ['package-lock.json', 'node_modules', 'api/src', 'api/package.json'])
      symlinkSync(join(repositoryRoot, linked), join(root, linked));
    const run = async () => runFile(process.execPath, [join(root, 'scripts/bin/holdfast.cjs'), '--version']);
    const entry = join(root, builds.instance.folder, builds.instance.entry);
    mkdirSync(dirname(entry));
    writeFileSync(entry, "exports.runCommandLine = async () => console.log('bundled');");
    expect(await run()).toMatchObject({ stdout: 'bundled\n' });
    utimesSync(entry, 1, 1);
    expect(await run()).toMatchObject({ stdout: `${version}\n`, stderr: '' });
    expect(isCurrent(builds.instance, root)).toBe(false);
  });
});
