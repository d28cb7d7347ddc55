// Row 48: secrets are sent through every command, every endpoint and every failure, and looked for wherever something
// could have kept them: output, log, files, core dumps, and the environment of child processes. A new command or way to
// fail gets a row here.

import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { knock } from './canary-requests.ts';
import { CanaryScene } from './canary-scene.ts';
import { untilPrinted } from './command.ts';
import { withFlippedBit } from './secrets-place.ts';
import { quoting } from './test-cloud.ts';

const isWindows = process.platform === 'win32';

type Row = readonly [name: string, act: (scene: CanaryScene) => Promise<void>, isRegistered?: boolean];

const commands: readonly Row[] = [
  [
    'serve, with a key file',
    async (scene) => {
      const { command } = await scene.serve();
      await scene.stop(command);
    },
  ],
  [
    'serve, with a passphrase from the environment',
    async (scene) => {
      const HOLDFAST_PASSPHRASE = await protectByPassphrase(scene);
      const { command } = await scene.serve({ env: { HOLDFAST_PASSPHRASE } });
      await scene.stop(command);
    },
  ],
  [
    'serve, with a passphrase from a file, and a new one in the environment by mistake',
    async (scene) => {
      const file = await scene.fileWith(await protectByPassphrase(scene));
      const env = {
        HOLDFAST_PASSPHRASE_FILE: file,
        HOLDFAST_NEW_PASSPHRASE: scene.plant('a passphrase of no use'),
      };
      const { command } = await scene.serve({ env });
      await scene.stop(command);
    },
  ],
  [
    'doctor, while the instance runs',
    async (scene) => {
      const { command } = await scene.serve();
      await expectExits(scene, 0, {}, ['doctor'], ['doctor', '--json']);
      await scene.stop(command);
    },
  ],
  [
    'doctor, with a passphrase: right, wrong, in a file that others may read',
    async (scene) => {
      const HOLDFAST_PASSPHRASE = await protectByPassphrase(scene);
      expect(await scene.run(['doctor'], { HOLDFAST_PASSPHRASE })).toMatchObject({ exitCode: 0 });
      const wrong = scene.plant('a wrong passphrase');
      expect(await scene.run(['doctor'], { HOLDFAST_PASSPHRASE: wrong })).toMatchObject({ exitCode: 1 });
      const file = await scene.fileWith(HOLDFAST_PASSPHRASE);
      if (!isWindows) await chmod(file, 0o644);
      expect(await scene.run(['doctor', '--json', '--passphrase-file', file])).toMatchObject({
        exitCode: isWindows ? 0 : 1,
      });
    },
  ],
  [
    'secrets status',
    async (scene) => {
      expect(await scene.run(['secrets', 'status'])).toMatchObject({ exitCode: 0 });
      const file = await scene.fileWith(await protectByPassphrase(scene));
      const status = ['secrets', 'status', '--passphrase-file', file];
      expect(await scene.run(status)).toMatchObject({ exitCode: 0 });
    },
  ],
  [
    'secrets rotate',
    async (scene) => {
      expect(await scene.run(['secrets', 'rotate'])).toMatchObject({ exitCode: 0 });
      const HOLDFAST_PASSPHRASE = await protectByPassphrase(scene);
      expect(await scene.run(['secrets', 'rotate'], { HOLDFAST_PASSPHRASE })).toMatchObject({ exitCode: 0 });
    },
  ],
  [
    'secrets rewrap, from one passphrase to another and back to a key file',
    async (scene) => {
      const HOLDFAST_PASSPHRASE = await protectByPassphrase(scene);
      const next = await scene.fileWith(scene.plant('the next passphrase'));
      const onwards = ['secrets', 'rewrap', '--to', 'passphrase', '--new-passphrase-file', next];
      expect(await scene.run(onwards, { HOLDFAST_PASSPHRASE })).toMatchObject({ exitCode: 0 });
      const back = ['secrets', 'rewrap', '--to', 'key-file', '--passphrase-file', next];
      expect(await scene.run(back)).toMatchObject({ exitCode: 0 });
    },
  ],
  [
    'backup, while the instance runs, and restore under another passphrase',
    async (scene) => {
      const file = join(scene.place.root, 'x.backup');
      const passphrase = scene.plant('the passphrase of the backup');
      const { command } = await scene.serve();
      await expectExits(scene, 0, { HOLDFAST_BACKUP_PASSPHRASE: passphrase }, ['backup', file]);
      await scene.stop(command);
      const restore = [
        ...['restore', file, '--data-path', join(scene.place.root, 'restored')],
        ...['--backup-passphrase-file', await scene.fileWith(passphrase), '--key-source', 'passphrase'],
      ];
      const HOLDFAST_PASSPHRASE = scene.plant('the passphrase of the restored secrets');
      await expectExits(scene, 0, { HOLDFAST_PASSPHRASE }, restore);
    },
  ],
  [
    'serve --reset-credentials, while the cloud fails and once it does not',
    async (scene) => {
      for (const secret of [...scene.cloud.clients.values(), ...scene.cloud.managementTokens.values()])
        scene.watch(`a secret of the old registration, ${secret.slice(-4)}`, secret);
      const { clientId } = scene.cloud;
      scene.cloud.fault = quoting(500, `/reg/${clientId}`);
      const args = [...scene.place.serveArguments, '--reset-credentials', '--yes'];
      const failing = await scene.serve({ args });
      const wasTried = () => scene.cloud.requests.includes(`DELETE /reg/${clientId}`);
      await vi.waitUntil(wasTried, { timeout: 10_000 });
      await scene.stop(failing.command);
      scene.cloud.fault = () => undefined;
      const { command } = await scene.serve();
      await vi.waitUntil(() => !scene.cloud.clients.has(clientId), { timeout: 10_000 });
      await scene.stop(command);
    },
  ],
];

const failures: readonly Row[] = [
  [
    'a backup with a passphrase that is too short, a wrong one, and damage',
    async (scene) => {
      const file = join(scene.place.root, 'x.backup');
      const restore = ['restore', file, '--data-path', join(scene.place.root, 'restored')];
      const short = scene.plant('the passphrase of a backup').slice(0, 11);
      scene.watch('a short passphrase of a backup', short);
      await expectExits(scene, 1, { HOLDFAST_BACKUP_PASSPHRASE: short }, ['backup', file]);
      const HOLDFAST_BACKUP_PASSPHRASE = scene.plant('the passphrase of the backup');
      await expectExits(scene, 0, { HOLDFAST_BACKUP_PASSPHRASE }, ['backup', file]);
      const wrong = scene.plant('a wrong passphrase of the backup');
      await expectExits(scene, 1, { HOLDFAST_BACKUP_PASSPHRASE: wrong }, restore);
      await writeFile(file, withFlippedBit(await readFile(file)));
      await expectExits(scene, 1, { HOLDFAST_BACKUP_PASSPHRASE }, restore);
    },
  ],
  [
    'a wrong passphrase, for every command',
    async (scene) => {
      await protectByPassphrase(scene);
      const HOLDFAST_PASSPHRASE = scene.plant('a wrong passphrase');
      const env = { HOLDFAST_PASSPHRASE };
      await expectExits(scene, 1, env, ['secrets', 'status'], ['doctor'], scene.place.serveArguments);
      await expectExits(scene, 1, env, ['secrets', 'rotate']);
    },
  ],
  [
    'a new passphrase that is too short',
    async (scene) => {
      const HOLDFAST_NEW_PASSPHRASE = scene.plant('a new passphrase').slice(0, 11);
      const rewrap = ['secrets', 'rewrap', '--to', 'passphrase'];
      expect(await scene.run(rewrap, { HOLDFAST_NEW_PASSPHRASE })).toMatchObject({ exitCode: 1 });
      scene.watch('a short passphrase', HOLDFAST_NEW_PASSPHRASE);
    },
  ],
  [
    'a key file with the wrong key, and one with none',
    async (scene) => {
      const key = Buffer.alloc(32, 'canary key').toString('base64url');
      const noKey = scene.plant('no key');
      for (const content of [key, noKey]) {
        scene.watch(`the content of a key file, ${content.length} long`, content);
        const file = await scene.fileWith(content);
        const env = { HOLDFAST_KEY_FILE: file };
        await expectExits(scene, 1, env, scene.place.serveArguments, ['doctor'], ['secrets', 'status']);
      }
    },
  ],
  [
    'a damaged secrets.db',
    async (scene) => {
      const path = join(scene.place.config.dataPath, 'secrets.db');
      await writeFile(path, withFlippedBit(await readFile(path)));
      await expectExits(scene, 1, {}, scene.place.serveArguments, ['doctor'], ['secrets', 'status']);
    },
  ],
  [
    'a cloud that is down',
    async (scene) => {
      await scene.cloud.down();
      const { command } = await scene.serve();
      expect(await scene.run(['doctor'])).toMatchObject({
        output: expect.stringContaining('does not answer'),
      });
      await scene.stop(command);
    },
  ],
  [
    'a cloud that refuses the credentials, and quotes them back',
    async (scene) => {
      scene.cloud.instanceTokens.clear();
      scene.cloud.fault = quoting(401, '/token', '/api/instance');
      const { command, url } = await scene.serve();
      await untilPrinted(command, 'CREDENTIALS_REFUSED');
      await keepAnswer(scene, url, '{ instance { notices { message } } }');
      await scene.stop(command);
    },
  ],
  [
    'a cloud that fails, and quotes the credentials back',
    async (scene) => {
      scene.cloud.instanceTokens.clear();
      scene.cloud.fault = quoting(500, '/token', '/api/instance');
      const { command, url } = await scene.serve();
      await untilPrinted(command, 'CLOUD_UNREACHABLE');
      await keepAnswer(scene, url, '{ instance { notices { message } } }');
      await scene.stop(command);
    },
  ],
  [
    'a cloud that refuses the registration, and quotes secrets of its own',
    async (scene) => {
      const token = scene.plant('a token of the cloud');
      scene.cloud.fault = ({ url }) =>
        url.endsWith('/reg')
          ? Response.json(
              { error: 'invalid_request', error_description: `initial passphrase: ${token}` },
              { status: 400 },
            )
          : undefined;
      await scene.cloud.up();
      const { command } = await scene.serve();
      await untilPrinted(command, 'REGISTRATION_REFUSED');
      await scene.stop(command);
    },
    false,
  ],
  [
    'a registration that makes no sense, but for its secrets',
    async (scene) => {
      scene.watch('a secret of half a registration', 'canary-secret-of-half-a-registration');
      scene.cloud.fault = ({ url }) =>
        url.endsWith('/reg')
          ? Response.json({ client_secret: 'canary-secret-of-half-a-registration' }, { status: 201 })
          : undefined;
      await scene.cloud.up();
      const { command } = await scene.serve();
      await untilPrinted(command, 'CLOUD_UNREACHABLE');
      await scene.stop(command);
    },
    false,
  ],
  [
    'a disk that takes no more',
    async (scene) => {
      const { command } = await scene.serve();
      // What is renamed to a directory with something in it is refused, by root's disk as well.
      const path = join(scene.place.config.dataPath, 'secrets.db');
      await rename(path, `${path}.before`);
      await mkdir(join(path, 'something'), { recursive: true });
      await scene.cloud.up();
      await untilPrinted(command, 'SECRETS_NOT_SAVED');
      expect(scene.cloud.clients.size).toBe(1);
      await scene.stop(command);
    },
    false,
  ],
  [
    'a crash with a core dump',
    async (scene) => {
      const HOLDFAST_PASSPHRASE = await protectByPassphrase(scene);
      const before = `cd "${scene.place.root}"; ulimit -c unlimited`;
      for (const signal of ['SIGSEGV', 'SIGABRT'] as const) {
        const { command } = await scene.serve({ env: { HOLDFAST_PASSPHRASE }, before });
        await scene.stop(command, signal);
      }
    },
  ],
];

describe('row 48: no secret is betrayed by', () => {
  for (const [name, act, isRegistered = true] of [...commands, ...failures]) {
    test(name, async () => {
      await using scene = await CanaryScene.create({ isRegistered });
      await act(scene);
      expect(await scene.betrayals()).toEqual([]);
    });
  }
});

const answersOfAllKinds = new Set([200, 400, 401, 403, 404, 405, 413, 415]);

describe('row 48: no secret is betrayed by any endpoint', () => {
  test('of a process, to its log and its disk', async () => {
    await using scene = await CanaryScene.create();
    const { command, url } = await scene.serve();
    expect(await knock(scene, url)).toEqual(answersOfAllKinds);
    await scene.stop(command);
    expect(await scene.betrayals()).toEqual([]);
  });

  test('to a log that tells everything', async () => {
    await using scene = await CanaryScene.create();
    await scene.place.up();
    scene.watch('the claim code', await scene.place.claimCode());
    expect(await knock(scene, scene.place.url)).toEqual(answersOfAllKinds);
    await scene.place.down();
    expect(scene.place.logLines.join('')).toContain('"status":413');
    expect(await scene.betrayals()).toEqual([]);
  });
});

test.skipIf(process.platform !== 'linux')('row 48: the browser inherits no passphrase', async () => {
  await using scene = await CanaryScene.create();
  const HOLDFAST_PASSPHRASE = await protectByPassphrase(scene);
  const { root, serveArguments } = scene.place;
  const browser = join(root, 'browser');
  const seen = join(root, 'seen-by-the-browser');
  await writeFile(browser, `#!/bin/sh\nenv > "${seen}.partial"; mv "${seen}.partial" "${seen}"\n`, {
    mode: 0o700,
  });
  const { command } = await scene.serve({
    args: serveArguments.filter((argument) => argument !== '--no-open'),
    env: {
      HOLDFAST_PASSPHRASE,
      HOLDFAST_NEW_PASSPHRASE: scene.plant('a passphrase of no use'),
      ...{ DISPLAY: ':0', CI: '', SSH_CONNECTION: '', BROWSER: browser },
      // Without desktop files, xdg-open asks $BROWSER.
      ...{ XDG_CURRENT_DESKTOP: '', XDG_DATA_HOME: root, XDG_DATA_DIRS: root },
    },
  });
  await vi.waitUntil(async () => readFile(seen, 'utf8').catch(() => ''), { timeout: 10_000 });
  expect(await readFile(seen, 'utf8')).toContain('DISPLAY=:0');
  await scene.stop(command);
  expect(await scene.betrayals()).toEqual([]);
});

/** Gives the secrets of the instance a passphrase, which is looked for. */
async function protectByPassphrase(scene: CanaryScene): Promise<string> {
  const passphrase = scene.plant('the passphrase');
  const rewrap = ['secrets', 'rewrap', '--to', 'passphrase'];
  expect(await scene.run(rewrap, { HOLDFAST_NEW_PASSPHRASE: passphrase })).toMatchObject({ exitCode: 0 });
  return passphrase;
}

/** Runs commands that leave each other alone, side by side. */
async function expectExits(
  scene: CanaryScene,
  exitCode: number,
  env: NodeJS.ProcessEnv,
  ...commands: string[][]
): Promise<void> {
  const results = await Promise.all(commands.map(async (command) => scene.run(command, env)));
  expect(results.map((result) => result.exitCode)).toEqual(commands.map(() => exitCode));
}

/** Keeps what anybody can ask for among the places that are searched. */
async function keepAnswer(scene: CanaryScene, url: string, query: string): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  expect(response.status).toBe(200);
  await writeFile(join(scene.place.root, 'answer.json'), await response.text());
}
