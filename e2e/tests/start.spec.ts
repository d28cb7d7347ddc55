import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { repositoryRoot } from '../../scripts/builds.cjs';
import { freePorts, TestNetwork } from '../test-network.ts';

/** Runs a command line of ours to its end. */
function run(script: string, commandArguments: string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [script, ...commandArguments], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
}

/** A start that fails says so in one sentence on stderr, without a stack, and exits with 1. */
function expectRefusal({ status, stderr }: ReturnType<typeof run>, sentence: RegExp): void {
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/\n\s+at |node:internal/);
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
  expect(lines).toHaveLength(1);
  expect(status).toBe(1);
}

async function withTemporaryDirectory(use: (path: string) => Promise<void>): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
  try {
    await use(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

async function startArguments(dataPath: string): Promise<string[]> {
  const [instancePort, cloudPort] = await freePorts(2);
  return [
    ...['--data-path', dataPath, '--no-open'],
    ...['--listen', `127.0.0.1:${instancePort}`, '--cloud-listen', `localhost:${cloudPort}`],
  ];
}

test('row 48: a debugger that the environment lets in is sent away before anything else', () => {
  const start = run('scripts/bin/start.cjs', ['--listen', 'nonsense'], {
    NODE_OPTIONS: '--inspect=127.0.0.1:0',
  });
  expect(start.stderr).toMatch(/The inspector was closed.*“nonsense” is not an address/s);
  expect(start.status).toBe(1);
});

test('Ctrl-C ends both in order, also when it arrives twice at once', async () => {
  await using network = await TestNetwork.start();
  expect(await network.down()).toBe(0);
  await network.up();
  expect(await network.down({ keystrokes: 2 })).toBe(0);
  await expect(fetch(network.instanceUrl)).rejects.toThrow();
  await expect(fetch(network.cloudUrl)).rejects.toThrow();
});

test('an npm that is ended leaves no servers behind', async () => {
  await withTemporaryDirectory(async (path) => {
    const commandArguments = await startArguments(path);
    const npm = spawn('npm', ['start', '--', ...commandArguments], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '', XDG_CONFIG_HOME: path },
    });
    let output = '';
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await expect.poll(() => output, { timeout: 60_000 }).toContain('Ctrl-C stops both');
    npm.kill('SIGTERM');
    await once(npm, 'exit');
    const address = `http://${commandArguments[4]}/healthz`;
    await expect
      .poll(
        async () =>
          fetch(address).then(
            () => 'answers',
            () => 'gone',
          ),
        { timeout: 10_000 },
      )
      .toBe('gone');
  });
});

test('two pairs run side by side, each with its own registration', async () => {
  await using one = await TestNetwork.start();
  await using two = await TestNetwork.start();
  expect((await one.publicInstance()).id).not.toBe((await two.publicInstance()).id);
});

test('a second start on the same data is refused and leaves the first alone', async () => {
  await using network = await TestNetwork.start();
  expectRefusal(run('scripts/bin/start.cjs', await startArguments(network.dataPath)), /in use|already/);
  expect((await network.publicInstance()).state).toBe('UNCLAIMED');
});

test('another address for the cloud of old data is refused, with the flag that mends it', async () => {
  await using network = await TestNetwork.start();
  await network.down();
  const { host } = new URL(network.cloudUrl);
  expectRefusal(
    run('scripts/bin/start.cjs', await startArguments(network.dataPath), {
      XDG_CONFIG_HOME: network.configHome,
    }),
    new RegExp(`--cloud-listen ${host},`),
  );
});

for (const flag of ['--listen', '--cloud-listen']) {
  test(`a port in use is named, with ${flag} as the way out`, async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await once(occupant, 'listening');
    const { port } = occupant.address() as { port: number };
    await withTemporaryDirectory(async (path) => {
      const refused = run(
        'scripts/bin/start.cjs',
        [...(await startArguments(path)), flag, `127.0.0.1:${port}`],
        {
          XDG_CONFIG_HOME: path,
        },
      );
      expectRefusal(refused, new RegExp(`Port ${port} .*in use.*${flag} `));
    });
    occupant.close();
  });
}

test('a data path that cannot be written is named', async () => {
  await withTemporaryDirectory(async (path) => {
    const file = join(path, 'file');
    writeFileSync(file, '');
    expectRefusal(run('scripts/bin/start.cjs', await startArguments(join(file, 'below'))), /file/);
  });
});

test('the data path of an instance alone is refused, so that no other one begins below it', async () => {
  await withTemporaryDirectory(async (path) => {
    writeFileSync(join(path, 'layout'), '1\n');
    const refused = run('scripts/bin/start.cjs', await startArguments(path));
    expectRefusal(refused, /belongs to an instance alone.*holdfast serve/);
    expect(readdirSync(path)).toEqual(['layout']);
  });
});

test('row 48: what was mistyped is not repeated where it may be a secret', () => {
  for (const script of ['scripts/bin/start.cjs', 'api/src/cli.ts']) {
    const serve = script === 'api/src/cli.ts' ? ['serve'] : [];
    const unknown = run(script, [...serve, '--passphrase=hunter2']);
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain("unknown option '--passphrase'");
    const url = run(script, [...serve, '--public-url', 'http://ann:hunter2@lab.example.com', '--no-open']);
    expect(url.status).toBe(1);
    expect(url.stderr).toContain('“http://…@lab.example.com” cannot be the public address');
    for (const { stdout, stderr } of [unknown, url]) expect(`${stdout}${stderr}`).not.toContain('hunter2');
  }
});

test('lifetimes are chosen by flags or the environment, and the instance tells them', async () => {
  await using network = await TestNetwork.start();
  await network.restart('--access-token-ttl', '90s', '--device-poll-interval', '3s', '--claim-window', '1h');
  const ask = async () => {
    const response = await fetch(`${network.instanceUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: '{ instance { claimWindow cloud { tokenLifetimes { accessToken devicePollInterval } } } }',
      }),
    });
    return response.json();
  };
  const tokenLifetimes = { accessToken: 90, devicePollInterval: 3 };
  // They are the cloud's, which the instance asks after it has begun to answer.
  await expect.poll(ask).toEqual({ data: { instance: { claimWindow: 3_600, cloud: { tokenLifetimes } } } });

  const startWith = (env: NodeJS.ProcessEnv) => run('scripts/bin/start.cjs', ['--no-open'], env);
  expectRefusal(startWith({ HOLDFAST_CLOUD_DEVICE_CODE_TTL: '5' }), /“5” is not a duration/);
  expectRefusal(startWith({ HOLDFAST_CLAIM_WINDOW: '8d' }), /“8d” is too long for --claim-window/);
});

test('flags that make no sense are all named at once', async () => {
  const refused = run('scripts/bin/holdfast.cjs', [
    'serve',
    '--listen',
    'everywhere',
    '--cloud',
    'http://cloud.example',
    '--claim-window',
    '15',
    '--no-open',
  ]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('“everywhere” is not an address to listen on');
  expect(refused.stderr).toContain('“http://cloud.example” cannot be the cloud');
  expect(refused.stderr).toContain('“15” is not a duration. Give --claim-window');
});

test('damaged secrets and a lost key stop the start and change nothing', async () => {
  await using network = await TestNetwork.start();
  await network.down();
  const instance = join(network.dataPath, 'instance');
  const secrets = join(instance, 'secrets.db');
  const whole = readFileSync(secrets);
  const start = () =>
    run('scripts/bin/start.cjs', network.startArguments, { XDG_CONFIG_HOME: network.configHome });

  await test.step('one flipped bit', async () => {
    const damaged = Buffer.from(whole);
    damaged[damaged.length - 100] = (damaged.at(-100) as number) ^ 1;
    writeFileSync(secrets, damaged);
    expectRefusal(start(), /instance\/secrets\.db .*backup/);
    expect(readFileSync(secrets).equals(damaged)).toBe(true);
    writeFileSync(secrets, whole);
  });

  await test.step('no key file', async () => {
    const keys = join(network.configHome, 'holdfast', 'keys');
    const [keyFile] = readdirSync(keys).map((name) => join(keys, name));
    const key = readFileSync(keyFile as string);
    rmSync(keyFile as string);
    expectRefusal(start(), /key file .*--key-file/);
    expect(existsSync(keyFile as string)).toBe(false);
    expect(readFileSync(secrets).equals(whole)).toBe(true);
    writeFileSync(keyFile as string, key, { mode: 0o600 });
  });

  await network.up();
  expect((await network.publicInstance()).state).toBe('UNCLAIMED');
});

test('an instance without its cloud runs, says so, and registers once the cloud is there', async () => {
  await withTemporaryDirectory(async (path) => {
    const [instancePort, cloudPort] = await freePorts(2);
    const serve = (script: string, commandArguments: string[]) => {
      const child = spawn(process.execPath, [script, 'serve', ...commandArguments], {
        cwd: repositoryRoot,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_OPTIONS: '', XDG_CONFIG_HOME: path },
      });
      const output = { text: '' };
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output.text += text;
        });
      }
      return { child, output };
    };
    const publicInstance = async (): Promise<{ state: string; notices: { code: string }[] }> => {
      const response = await fetch(`http://127.0.0.1:${instancePort}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ instance { state notices { code } } }' }),
      });
      return (
        (await response.json()) as { data: { instance: { state: string; notices: { code: string }[] } } }
      ).data.instance;
    };

    const instance = serve('scripts/bin/holdfast.cjs', [
      ...['--data-path', join(path, 'instance'), '--listen', `127.0.0.1:${instancePort}`],
      ...['--cloud', `http://localhost:${cloudPort}`, '--no-open'],
    ]);
    await expect
      .poll(async () => publicInstance().catch(() => undefined))
      .toMatchObject({
        state: 'UNREGISTERED',
        notices: [{ code: 'CLOUD_UNREACHABLE' }],
      });
    expect(instance.output.text).toContain('does not answer');
    const cloud = serve('scripts/bin/holdfast-cloud.cjs', [
      ...['--data-path', join(path, 'cloud'), '--listen', `localhost:${cloudPort}`],
    ]);
    await expect
      .poll(async () => publicInstance(), { timeout: 30_000 })
      .toMatchObject({ state: 'UNCLAIMED', notices: [] });

    for (const { child } of [instance, cloud]) {
      child.kill('SIGTERM');
      expect(await once(child, 'exit')).toEqual([0, null]);
    }
  });
});

for (const [script, flags] of [
  [
    'scripts/bin/holdfast.cjs',
    [
      ...['--data-path', '--listen', '--cloud', '--key-file', '--allow-origin', '--web-app', '--no-open'],
      ...['--reset-credentials', '--yes', '--allow-inspector'],
    ],
  ],
  ['scripts/bin/holdfast-cloud.cjs', ['--data-path', '--listen', '--issuer', '--web-app']],
] as const) {
  test(`${script} serve --help explains every flag, its default and its environment variable`, () => {
    const { stdout, status } = run(script, ['serve', '--help'], {
      XDG_DATA_HOME: '/data',
      XDG_CONFIG_HOME: '/config',
    });
    expect(status).toBe(0);
    for (const flag of flags) {
      const from = stdout.indexOf(`  ${flag} `);
      expect(from, flag).toBeGreaterThan(0);
      expect(stdout.slice(from), flag).toMatch(/^.*?env:\s+HOLDFAST_/s);
    }
    expect(stdout).toContain('/data/holdfast/');
  });
}
