import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './temporary-directory.ts';

const entry = fileURLToPath(new URL('../bin/holdfast.cjs', import.meta.url));

function run(args: readonly string[]) {
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
}

test('holdfast starts', () => {
  expect(run([entry, '--version'])).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' });
});

test('under a Node that is too old it says so in a sentence', async () => {
  await using directory = await temporaryDirectory();
  const disguise = join(directory.path, 'old-node.cjs');
  const versions = "{ value: { node: '20.20.2' } }";
  writeFileSync(disguise, `Object.defineProperty(process, 'versions', ${versions});`);
  const { status, stdout, stderr } = run(['--require', disguise, entry, 'serve']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(
    /^Holdfast needs Node 24\.16 .* this is Node 20\.20\.2\. Run it with npx holdfast.*\n$/,
  );
});
