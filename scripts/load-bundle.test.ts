import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repositoryRoot } from './builds.cjs';

let root: string;
let cache: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
  cache = join(root, 'compiled');
  writeFileSync(join(root, 'server.cjs'), "console.log('loaded');");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** In a process of its own, under the loosest umask. */
function load(): string {
  const bundle = { folder: relative(repositoryRoot, root), entry: 'server.cjs' };
  const script = `process.umask(0);
    const { loadBundle } = require(${JSON.stringify(join(repositoryRoot, 'scripts', 'load-bundle.cjs'))});
    loadBundle(${JSON.stringify(bundle)});`;
  const env = { ...process.env, NODE_OPTIONS: '' };
  return execFileSync(process.execPath, ['--eval', script], { encoding: 'utf8', env });
}

const isPosix = process.platform !== 'win32';

test.runIf(isPosix)('row 45: compiled code is kept where nobody else can write', () => {
  expect(load()).toBe('loaded\n');
  expect(statSync(cache).mode & 0o777).toBe(0o700);
  expect(readdirSync(cache)).toHaveLength(1);
});

test.runIf(isPosix)('row 45: what lies where others could write is not run, but removed', () => {
  mkdirSync(cache);
  chmodSync(cache, 0o777);
  const planted = join(cache, 'planted');
  writeFileSync(planted, '');
  expect(load()).toBe('loaded\n');
  expect(existsSync(planted)).toBe(false);
  expect(statSync(cache).mode & 0o777).toBe(0o700);
});

test('a server is loaded although there is no place for compiled code', () => {
  writeFileSync(cache, '');
  expect(load()).toBe('loaded\n');
});
