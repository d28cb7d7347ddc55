import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from './command.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

const passphrase = 'correct horse battery staple';
const other = 'staple battery horse correct';

/** An instance that has registered and stopped. */
class StoppedInstance implements AsyncDisposable {
  readonly cloud: TestCloud;
  readonly instance: TestInstance;

  private constructor(cloud: TestCloud, instance: TestInstance) {
    this.cloud = cloud;
    this.instance = instance;
  }

  static async create(): Promise<StoppedInstance> {
    const cloud = await TestCloud.start();
    const instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    await instance.down();
    return new StoppedInstance(cloud, instance);
  }

  async secrets(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    return runCommand(['secrets', ...args], { ...this.instance.commandEnvironment, ...env });
  }

  get secretsPath(): string {
    return join(this.instance.config.dataPath, 'secrets.db');
  }

  async passphraseFile(): Promise<string> {
    const path = join(this.instance.root, 'passphrase');
    await writeFile(path, `${passphrase}\n`, { mode: 0o600 });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    await this.cloud[Symbol.asyncDispose]();
  }
}

describe('holdfast secrets status', () => {
  test('says what protects the secrets and what they are, and no secret', async () => {
    await using place = await StoppedInstance.create();
    const { output, errors, exitCode } = await place.secrets(['status']);
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    expect(output).toMatch(
      /^Key source {2}key-file \(.*\.key\)\nData key {4}1\nFormat {6}2\nHolds .*registration/,
    );
    for (const secret of [...place.cloud.clients.values(), ...place.cloud.instanceTokens])
      expect(output).not.toContain(secret);
  });

  test('works while the instance runs', async () => {
    await using place = await StoppedInstance.create();
    await place.instance.up();
    expect(await place.secrets(['status'])).toMatchObject({ exitCode: 0 });
    expect(await place.secrets(['rotate'])).toMatchObject({
      exitCode: 1,
      errors: expect.stringMatching(/is in use by another Holdfast process \(pid \d+\)/),
    });
  });

  test('of a path without an instance says so and makes nothing', async () => {
    await using place = await StoppedInstance.create();
    const nowhere = join(place.instance.root, 'nowhere');
    for (const command of ['status', 'rotate']) {
      const { errors, exitCode } = await place.secrets([command, '--data-path', nowhere]);
      expect(exitCode).toBe(1);
      expect(errors).toContain(nowhere);
      expect(errors).toContain('--data-path');
      expect(errors).not.toContain('    at ');
    }
    await expect(readFile(nowhere)).rejects.toThrow('ENOENT');
  });
});

describe('holdfast secrets status without the key', () => {
  test('says where it should be, and then that it is not there', async () => {
    await using place = await StoppedInstance.create();
    const { directory } = place.instance.config.keys;
    await rm(directory, { recursive: true });
    const { output, errors, exitCode } = await place.secrets(['status']);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^Key source {2}key-file \(.*\.key\)\nData key {4}1\nFormat {6}2\n$/);
    expect(errors).toMatch(/^The key file .*\.key is missing\./);
  });
});

describe('a data path', () => {
  test('where secrets.db is lost is not called unused', async () => {
    await using place = await StoppedInstance.create();
    await rm(place.secretsPath);
    for (const command of ['status', 'rotate'])
      expect(await place.secrets([command])).toMatchObject({
        exitCode: 1,
        errors: expect.stringMatching(/is missing, though the data directory has been in use\. Restore/),
      });
  });

  test('that npm start was given leads to the one of the instance', async () => {
    await using place = await StoppedInstance.create();
    const { dataPath } = place.instance.config;
    const outer = join(place.instance.root, 'outer');
    await mkdir(outer);
    await rename(dataPath, join(outer, 'instance'));
    for (const args of [['status'], ['rotate'], ['rewrap', '--to', 'key-file']])
      expect(await place.secrets([...args, '--data-path', outer])).toMatchObject({
        exitCode: 1,
        output: '',
        errors: expect.stringContaining(`use --data-path ${join(outer, 'instance')}.`),
      });
  });

  test('where no instance has run is not called used, and gets no lock', async () => {
    await using place = await StoppedInstance.create();
    const empty = join(place.instance.root, 'empty');
    await mkdir(empty);
    expect(await place.secrets(['rotate', '--data-path', empty])).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('no instance has run on this data path'),
    });
    expect(await readdir(empty)).toEqual([]);
  });
});

test('row 46: a new key file inside the data directory is refused, by the flag that named it', async () => {
  await using place = await StoppedInstance.create();
  const inside = join(place.instance.config.dataPath, 'x.key');
  const { errors, exitCode } = await place.secrets([
    ...['rewrap', '--to', 'key-file'],
    ...['--new-key-file', inside],
  ]);
  expect(exitCode).toBe(1);
  expect(errors).toContain(`${inside} lies inside the data directory`);
  expect(errors).toContain('with --new-key-file.');
  expect(errors).not.toContain(' --key-file');
});

test('from a key file to a passphrase, a rotation, and back to a key file', async () => {
  await using place = await StoppedInstance.create();
  const file = await place.passphraseFile();

  const to = await place.secrets(['rewrap', '--to', 'passphrase', '--new-passphrase-file', file]);
  expect(to).toMatchObject({ errors: '', exitCode: 0 });
  expect(to.output).toContain('Key source  passphrase');
  expect(to.output).toMatch(/The key file .*\.key still opens older copies/);

  expect(await place.secrets(['status'])).toMatchObject({
    exitCode: 0,
    errors: '',
    output: expect.stringMatching(/^Key source {2}passphrase\n.*\nHolds {7}not opened: .*--passphrase-file/s),
  });
  expect(await place.secrets(['status'], { HOLDFAST_PASSPHRASE: other })).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining('not the passphrase'),
  });
  expect(await place.secrets(['rotate'], { HOLDFAST_PASSPHRASE: passphrase })).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('Data key    2'),
  });

  const back = await place.secrets(['rewrap', '--to', 'key-file', '--passphrase-file', file]);
  expect(back).toMatchObject({ errors: '', exitCode: 0 });
  expect(await place.secrets(['status'])).toMatchObject({ exitCode: 0 });
});

describe('a new passphrase', () => {
  test('that is short is refused, and nothing is changed', async () => {
    await using place = await StoppedInstance.create();
    const before = await readFile(place.secretsPath);
    expect(
      await place.secrets(['rewrap', '--to', 'passphrase'], { HOLDFAST_NEW_PASSPHRASE: 'short' }),
    ).toMatchObject({ exitCode: 1, errors: expect.stringContaining('12 or more') });
    expect(await readFile(place.secretsPath)).toEqual(before);
  });

  test('in a file that others may read, or that is missing, is refused', async () => {
    await using place = await StoppedInstance.create();
    const file = await place.passphraseFile();
    await chmod(file, 0o644);
    const rewrap = ['rewrap', '--to', 'passphrase', '--new-passphrase-file', file];
    expect(await place.secrets(rewrap)).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining(`chmod 600 ${file}`),
    });
    await rm(file);
    expect(await place.secrets(rewrap)).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('--new-passphrase-file'),
    });
  });
});

test.each([
  [['status', '--key-source', 'magic'], 'Allowed choices are key-file, passphrase, systemd-credential'],
  [['status', '--key-file', 'x', '--passphrase-file', 'y'], 'one source only'],
  [['status', '--key-source', 'passphrase', '--key-file', 'x'], 'one source only'],
  [['status', '--key-file', ''], 'name of a file is empty'],
  [['rewrap'], "required option '--to <source>' not specified"],
  [['rotate', 'extra'], 'too many arguments'],
])('holdfast secrets %j is told what is wrong', async (args, words) => {
  const { errors, exitCode } = await runCommand(['secrets', ...args]);
  expect(exitCode).toBe(1);
  expect(errors).toContain(words);
});
