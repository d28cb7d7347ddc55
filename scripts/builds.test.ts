import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BuildError } from './build-error.ts';
import { isCurrent } from './builds.cjs';
import { buildInPlace } from './staged-build.ts';

const build = { name: 'thing', folder: 'thing/dist', entry: 'thing.js', sources: ['lock.json', 'thing'] };
const [before, then, after] = [1_000, 2_000, 3_000];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-builds-'));
  write('lock.json', before);
  write('thing/src/deep/source.ts', before);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @param modifiedAt in seconds since the epoch */
function write(path: string, modifiedAt: number): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, path);
  utimesSync(file, modifiedAt, modifiedAt);
}

async function make(staging: string): Promise<void> {
  mkdirSync(staging);
  writeFileSync(join(staging, build.entry), 'made');
}

describe('a build is current', () => {
  test('when it is there and nothing is newer', () => {
    expect(isCurrent(build, root)).toBe(false);
    write('thing/dist/thing.js', then);
    expect(isCurrent(build, root)).toBe(true);
  });

  test.each(['lock.json', 'thing/src/deep/source.ts', 'thing/src/new.ts'])('until %s changes', (source) => {
    write('thing/dist/thing.js', then);
    write(source, after);
    expect(isCurrent(build, root)).toBe(false);
  });

  test.each([
    'thing/src/source.test.ts',
    'thing/src/generated/types.ts',
    'thing/node_modules/other/index.js',
    'thing/dist.17/thing.js',
  ])('whatever becomes of %s', (other) => {
    write('thing/dist/thing.js', then);
    write(other, after);
    expect(isCurrent(build, root)).toBe(true);
  });
});

describe('building', () => {
  test('makes what is missing, and what is old again, but nothing twice', async () => {
    const made: string[] = [];
    const counted = async (staging: string) => {
      made.push(staging);
      await make(staging);
    };
    await buildInPlace(build, counted, { ifStale: true, root });
    await buildInPlace(build, counted, { ifStale: true, root });
    expect(made).toHaveLength(1);
    write('thing/dist/thing.js', 500);
    await buildInPlace(build, counted, { ifStale: true, root });
    expect(made).toHaveLength(2);
    expect(isCurrent(build, root)).toBe(true);
  });

  test('does not take a source for built that changed meanwhile', async () => {
    await buildInPlace(
      build,
      async (staging) => {
        await sleep(20);
        write('thing/src/deep/source.ts', Date.now() / 1_000);
        await sleep(20);
        await make(staging);
      },
      { root },
    );
    expect(isCurrent(build, root)).toBe(false);
  });

  test('leaves the old build in its place when it fails, and nothing beside it', async () => {
    write('thing/dist/thing.js', then);
    const failing = async (staging: string) => {
      await make(staging);
      throw new BuildError('no');
    };
    await expect(buildInPlace(build, failing, { root })).rejects.toThrow(BuildError);
    expect(readdirSync(join(root, 'thing')).sort()).toEqual(['dist', 'src']);
    expect(isCurrent(build, root)).toBe(true);
  });
});
