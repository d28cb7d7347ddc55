import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SecretsStore } from '../src/secrets/secrets-store.ts';
import { words } from './backup-place.ts';
import { runCommand, startCommand, untilPrinted } from './command.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

let cloud: TestCloud;
let instance: TestInstance;
let file: string;

/** `holdfast backup` or `holdfast restore` for the instance, with the passphrase of the backup in the environment. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return runCommand(args, {
    ...instance.commandEnvironment,
    HOLDFAST_BACKUP_PASSPHRASE: words,
    npm_command: 'exec',
    ...env,
  });
}

async function expectRefused(args: readonly string[], env: NodeJS.ProcessEnv, text: string): Promise<void> {
  const { output, errors, exitCode } = await run(args, env);
  expect(exitCode).toBe(1);
  expect(output).toBe('');
  expect(errors).toContain(text);
  expect(errors.trim().split('\n')).toHaveLength(1);
}

beforeAll(async () => {
  cloud = await TestCloud.start();
  instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  file = join(instance.root, 'x.backup');
  await writeFile(join(instance.config.dataPath, 'notes.txt'), 'x');
  await writeFile(join(instance.config.dataPath, 'a\u001b[2Jb'), 'x');
  const left = join(instance.config.dataPath, '.instance.db.0123456789abcdef.tmp');
  await writeFile(left, 'x');
  await utimes(left, 1, 1);
  // The instance runs all the time.
  const { output, errors, exitCode } = await run(['backup', file]);
  expect(errors).toBe('');
  expect(exitCode).toBe(0);
  expect(output.split('\n')).toEqual([
    `The backup is in ${file}`,
    expect.stringMatching(
      /^Holds {7}layout \(39 bytes\), secrets\.db \(\d+ bytes\), instance\.db \(\d+ bytes\)$/,
    ),
    'Removed     .instance.db.0123456789abcdef.tmp: left in the data directory by a backup that was cut off',
    expect.stringMatching(
      /^Left out {4}(?:notes\.txt|a\\u\{1b\}\[2Jb), (?:notes\.txt|a\\u\{1b\}\[2Jb): not Holdfast's$/,
    ),
    `Bring it back, here or elsewhere, with: npx holdfast restore ${file} --data-path DIR`,
    expect.stringContaining('Without the passphrase nobody can open it'),
    expect.stringContaining('stop one before you start the other'),
    '',
  ]);
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

describe('holdfast restore', () => {
  test('says what came back and how to start it, which works', async () => {
    const dataPath = join(instance.root, 'restored');
    const { output, errors, exitCode } = await run(['restore', file, '--data-path', dataPath]);
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    const [start] = /(?<=^Start it with: npx holdfast ).+$/m.exec(output) ?? [];
    expect(start).toBe(`serve --data-path ${dataPath} --cloud ${cloud.issuer}`);
    expect(output).toContain(`The instance is restored to ${dataPath}\n`);
    expect(output).toMatch(/^Key source {2}key-file \(.+\.2\.key\)$/m);
    expect(output).toContain('that one must not run any more');
    for (const secret of [words, ...cloud.clients.values()]) expect(output).not.toContain(secret);

    const { webApp } = instance.config;
    const served = startCommand(
      [...(start as string).split(' '), '--listen', '127.0.0.1:0', '--web-app', webApp, '--no-open'],
      instance.commandEnvironment,
    );
    try {
      await untilPrinted(served, 'The instance runs at');
      expect(cloud.clients.size).toBe(1);
    } finally {
      served.process.kill();
      await once(served.process, 'close');
    }
  });

  test('prints paths that a shell takes for what they are', async () => {
    const dataPath = join(instance.root, "it's restored");
    const { output } = await run(['restore', file, '--data-path', dataPath]);
    expect(output).toContain(`serve --data-path '${dataPath.replace("'", "'\\''")}' --cloud`);
  });

  test('protects the secrets as it is told', async () => {
    const dataPath = join(instance.root, 'under-passphrase');
    const passphraseFile = join(instance.root, 'passphrase');
    await writeFile(passphraseFile, 'of the other machine\n', { mode: 0o600 });
    const restored = await run([
      'restore',
      file,
      '--data-path',
      dataPath,
      '--passphrase-file',
      passphraseFile,
    ]);
    expect(restored).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('Key source  passphrase\n'),
    });
    const status = await run(['secrets', 'status', '--data-path', dataPath], {
      HOLDFAST_PASSPHRASE: 'of the other machine',
    });
    expect(status).toMatchObject({ exitCode: 0, output: expect.stringContaining('registration') });

    const keyFile = join(instance.root, 'named.key');
    const named = await run([
      'restore',
      file,
      '--data-path',
      join(instance.root, 'named'),
      '--key-file',
      keyFile,
    ]);
    expect(named.output).toContain(`Key source  key-file (${keyFile})\n`);
    expect(named.output).toContain(` --key-file ${keyFile}\n`);
  });

  test('names what an interrupted restore left', async () => {
    const left = join(instance.root, '.again.0123456789abcdef.tmp');
    await mkdir(left);
    const { output } = await run(['restore', file, '--data-path', join(instance.root, 'again')]);
    expect(output).toContain(`An interrupted restore left ${left}.`);
  });

  test('refuses what it cannot restore, in a sentence, with exit code 1', async () => {
    const dataPath = join(instance.root, 'refused');
    const cases = [
      [[file, '--data-path', instance.config.dataPath], {}, 'already holds files'],
      [
        [file, '--data-path', dataPath],
        { HOLDFAST_BACKUP_PASSPHRASE: 'something else' },
        'not the passphrase',
      ],
      [[file, '--data-path', dataPath], { HOLDFAST_BACKUP_PASSPHRASE: '' }, '--backup-passphrase-file'],
      [[instance.config.webApp, '--data-path', dataPath], {}, 'it is no regular file'],
      [[join(instance.config.dataPath, 'notes.txt'), '--data-path', dataPath], {}, 'not a Holdfast backup'],
    ] as const;
    await Promise.all(cases.map(async ([args, env, text]) => expectRefused(['restore', ...args], env, text)));
    expect(existsSync(dataPath)).toBe(false);
  });

  test('row 47: that is killed at any moment leaves the whole or nothing, and can be done again', async () => {
    for (let round = 0; round < 4; round += 1) {
      const dataPath = join(instance.root, `killed-${round}`);
      // A little later each time.
      await endRestore(dataPath, { signal: 'SIGKILL', after: round * 60 });
      if (!existsSync(dataPath)) {
        const again = await run(['restore', file, '--data-path', dataPath]);
        expect(again.output).toContain('An interrupted restore left');
      }
      const path = join(dataPath, 'secrets.db');
      using secrets = await SecretsStore.inspect({ path, dataPath, keys: instance.config.keys });
      expect(secrets.read('registration')?.client_id).toBe(cloud.clientId);
    }
  }, 60_000);

  test('stops at Ctrl-C with nothing left', async () => {
    let dataPath: string;
    let ended: Awaited<ReturnType<typeof endRestore>>;
    let attempt = 0;
    do {
      attempt += 1;
      dataPath = join(instance.root, `stopped-${attempt}`);
      ended = await endRestore(dataPath, { signal: 'SIGINT', after: 0 });
      // It may have been faster than the signal.
    } while (ended.exitCode === 0 && attempt < 5);
    expect(ended).toMatchObject({ exitCode: 1, errors: expect.stringContaining('nothing was left behind') });
    expect((await readdir(instance.root)).filter((name) => name.includes('stopped-'))).toEqual(
      Array.from({ length: attempt - 1 }, (_, index) => `stopped-${index + 1}`),
    );
  }, 60_000);

  /** Restores, and ends that with a signal some milliseconds after it has begun to write. */
  async function endRestore(
    dataPath: string,
    { signal, after }: { signal: NodeJS.Signals; after: number },
  ): Promise<{ exitCode: number | null; errors: string }> {
    const running = startCommand(['restore', file, '--data-path', dataPath], {
      ...instance.commandEnvironment,
      HOLDFAST_BACKUP_PASSPHRASE: words,
    });
    const closed = once(running.process, 'close');
    const prefix = `.${basename(dataPath)}.`;
    while (
      running.process.exitCode === null &&
      !readdirSync(instance.root).some((name) => name.startsWith(prefix))
    )
      await sleep(1);
    await sleep(after);
    running.process.kill(signal);
    const [exitCode] = (await closed) as [number | null];
    return { exitCode, errors: running.errors };
  }
});

describe('holdfast backup', () => {
  test('takes the passphrase from a private file of twelve characters or more', async () => {
    const passphraseFile = join(instance.root, 'backup-passphrase');
    const target = join(instance.root, 'by-file.backup');
    const backUp = async () =>
      run(['backup', target, '--backup-passphrase-file', passphraseFile], { HOLDFAST_BACKUP_PASSPHRASE: '' });
    await writeFile(passphraseFile, 'eleven char\n', { mode: 0o600 });
    expect(await backUp()).toMatchObject({ exitCode: 1, errors: expect.stringContaining('11 characters') });
    await writeFile(passphraseFile, 'twelve chars\n');
    await chmod(passphraseFile, 0o644);
    expect(await backUp()).toMatchObject({ exitCode: 1, errors: expect.stringContaining('chmod 600') });
    await chmod(passphraseFile, 0o600);
    expect(existsSync(target)).toBe(false);
    expect(await backUp()).toMatchObject({ exitCode: 0 });
    const restored = await run(['restore', target, '--data-path', join(instance.root, 'by-file')], {
      HOLDFAST_BACKUP_PASSPHRASE: 'twelve chars',
    });
    expect(restored.exitCode).toBe(0);
  });

  test('refuses what it cannot write, in a sentence, with exit code 1', async () => {
    const before = await readFile(file);
    const target = join(instance.root, 'refused.backup');
    const cases = [
      [[file], {}, 'exists already'],
      [[join(instance.config.dataPath, 'x.backup')], {}, 'lies inside the data directory'],
      [[join(instance.root, 'none', 'x.backup')], {}, 'no such directory'],
      [[target, '--data-path', join(instance.root, 'none')], {}, 'no instance has run'],
      [[target], { HOLDFAST_BACKUP_PASSPHRASE: '' }, '--backup-passphrase-file'],
      [[target, '--key-source', 'passphrase'], {}, 'are protected by a key file'],
    ] as const;
    await Promise.all(cases.map(async ([args, env, text]) => expectRefused(['backup', ...args], env, text)));
    expect(await readFile(file)).toEqual(before);
    expect(existsSync(target)).toBe(false);
  });

  test('explains its flags', async () => {
    for (const command of ['backup', 'restore']) {
      const { output, exitCode } = await run([command, '--help']);
      expect(exitCode).toBe(0);
      for (const text of ['<file>', '--data-path', '--key-source', '--key-file', '--passphrase-file'])
        expect(output).toContain(text);
      expect(output.replace(/\s+/g, ' ')).toContain(
        '--backup-passphrase-file <file> file with the passphrase of the backup (default: $HOLDFAST_BACKUP_PASSPHRASE, or asked at the terminal) (env: HOLDFAST_BACKUP_PASSPHRASE_FILE)',
      );
    }
  });
});
