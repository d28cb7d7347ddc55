import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../builds.cjs';

function run(...args: string[]) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
}

describe.each(['holdfast', 'holdfast-cloud', 'start'])('%s', (name) => {
  const entry = join(repositoryRoot, 'scripts', 'bin', `${name}.cjs`);

  test('starts', () => {
    const { status, stdout, stderr } = run(entry, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Usage:');
  });

  test.each([
    ['20.20.2', "{ node: '20.20.2' }"],
    ['24.15.0', "{ node: '24.15.0', sqlite: '3.51.3' }"],
  ])('under Node %s, which is too old, says so in a sentence', (version, versions) => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-node-'));
    try {
      const disguise = join(directory, 'old-node.cjs');
      writeFileSync(disguise, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
      const { status, stdout, stderr } = run('--require', disguise, entry, 'serve');
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^Holdfast needs Node 24\.16 .* this is Node [\d.]+\. Run it with npx .*\n$/);
      expect(stderr).toContain(version);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
