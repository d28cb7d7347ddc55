import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { cli } from './command.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

interface Served {
  readonly child: ChildProcess;
  output: string;
  errors: string;
}

/** `holdfast serve` on the data of an instance that is down. */
async function serve(
  { config, root }: TestInstance,
  flags: string[],
  environment: Record<string, string> = {},
): Promise<Served> {
  const [keyFile = ''] = await readdir(config.keys.directory);
  const child = spawn(
    process.execPath,
    [
      ...[cli, 'serve', '--no-open', '--data-path', config.dataPath, '--listen', '127.0.0.1:0'],
      ...['--cloud', config.cloud, '--web-app', config.webApp],
      ...['--key-file', join(config.keys.directory, keyFile), ...flags],
    ],
    {
      env: { ...process.env, NODE_OPTIONS: '', XDG_CONFIG_HOME: root, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const served: Served = { child, output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    served.output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    served.errors += text;
  });
  return served;
}

async function registeredInstance(cloud: TestCloud): Promise<TestInstance> {
  const instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  await instance.down();
  return instance;
}

test('without a terminal and without --yes: one sentence, exit code 1, nothing changed', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await registeredInstance(cloud);
  const [files, clients] = [await instance.everythingOnDisk(), [...cloud.clients]];
  const served = await serve(instance, ['--reset-credentials']);
  expect(await once(served.child, 'close')).toEqual([1, null]);
  expect(served.errors.trim().split('\n')).toEqual([
    expect.stringMatching(/were not reset: .* Add --yes to reset them without being asked\.$/),
  ]);
  expect(served.output).toBe('');
  expect(await instance.everythingOnDisk()).toEqual(files);
  expect([...cloud.clients]).toEqual(clients);
});

test.each([
  ['--reset-credentials --yes', ['--reset-credentials', '--yes'], {}],
  ['the environment of a service', [], { HOLDFAST_RESET_CREDENTIALS: '1', HOLDFAST_YES: '1' }],
])('%s: starts over, and the second start does not', async (_what, flags, environment) => {
  await using cloud = await TestCloud.start();
  await using instance = await registeredInstance(cloud);
  const former = cloud.clientId;
  const seen: string[] = [];
  for (let start = 0; start < 2; start += 1) {
    const served = await serve(instance, flags, environment);
    await vi.waitUntil(
      () => served.output.includes('Its cloud is') || served.child.exitCode !== null,
      10_000,
    );
    expect(served.output).toContain('Nobody owns this instance yet.');
    expect(served.output).toMatch(/#claim=[0-9A-Z-]{11}\.[0-9A-Z]{4}\n/);
    await vi.waitUntil(() => cloud.clients.size === 1 && !cloud.clients.has(former), 10_000);
    served.child.kill('SIGTERM');
    expect(await once(served.child, 'close')).toEqual([0, null]);
    seen.push(cloud.clientId);
  }
  expect(seen[0]).toBe(seen[1]);
  expect(cloud.requests.filter((request) => request.startsWith('DELETE '))).toHaveLength(1);
});
