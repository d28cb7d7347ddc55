import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test, vi } from 'vitest';
import type { Finding } from '../src/doctor/finding.ts';
import { runCommand } from './command.ts';
import { putPipe } from './pipe.ts';
import { snapshot } from './secrets-place.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

const passphrase = 'correct horse battery staple';

/** An instance, as a rule with its owner, whose cloud answers. */
class Patient implements AsyncDisposable {
  readonly cloud: TestCloud;
  readonly instance: TestInstance;

  constructor(cloud: TestCloud, instance: TestInstance) {
    this.cloud = cloud;
    this.instance = instance;
  }

  static async create(): Promise<Patient> {
    const cloud = await TestCloud.start();
    const instance = await TestInstance.start(cloud);
    await vi.waitUntil(() => cloud.requests.includes('GET /api/instance'), { timeout: 10_000 });
    const owner = await TestBrowser.create(instance);
    expect(await owner.claim(await instance.claimCode())).toMatchObject({ __typename: 'InstanceClaimed' });
    return new Patient(cloud, instance);
  }

  static async createStopped(): Promise<Patient> {
    const patient = await Patient.create();
    await patient.instance.down();
    return patient;
  }

  /** Where the instance listens, or could. */
  get listen(): string {
    return this.instance.isUp ? new URL(this.instance.url).host : '127.0.0.1:0';
  }

  get dataPath(): string {
    return this.instance.config.dataPath;
  }

  /** Runs `holdfast doctor`, which must not change anything nor tell a secret. */
  async examine(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const before = await stillLife(this.instance.root);
    const surroundings = {
      ...this.instance.commandEnvironment,
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
      HOLDFAST_LISTEN: this.listen,
      ...env,
    };
    const result = await runCommand(['doctor', ...args], surroundings);
    expect(await stillLife(this.instance.root)).toEqual(before);
    expect(result.errors).toBe('');
    for (const secret of [...this.cloud.clients.values(), ...this.cloud.instanceTokens, 'management-'])
      expect(result.output).not.toContain(secret);
    return result;
  }

  /** What `--json` says is not well. */
  async complaints(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const { output, exitCode } = await this.examine(['--json', ...args], env);
    const { findings, isHealthy } = JSON.parse(output) as { findings: Finding[]; isHealthy: boolean };
    expect(exitCode).toBe(isHealthy ? 0 : 1);
    return { exitCode, complaints: findings.filter(({ verdict }) => verdict !== 'ok'), findings };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    await this.cloud[Symbol.asyncDispose]();
  }
}

/** What lies below `root`, but for what a running instance writes by itself. */
async function stillLife(root: string): Promise<Record<string, string>> {
  const entries = Object.entries(await snapshot(root));
  return Object.fromEntries(entries.filter(([path]) => !/instance\.db(?:-\w+)?$/.test(path)));
}

const wrong = (check: string, message: string, remedy: string) => ({
  check,
  verdict: 'problem',
  message: expect.stringContaining(message),
  remedy: expect.stringContaining(remedy),
});

describe('holdfast doctor finds nothing wrong with', () => {
  test('an instance that runs, and says everything about it', async () => {
    await using patient = await Patient.create();
    const { output, exitCode } = await patient.examine();
    expect(output.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^✓ Node {12}Version \d+\./),
      `✓ Data path       ${patient.dataPath} is yours, and private.`,
      '✓ Files           All are regular files of yours, and private.',
      '✓ Layout          Layout 2.',
      expect.stringMatching(/^✓ Disk space {6}\d+ [MG]B are free\.$/),
      `✓ Lock            Process ${process.pid} holds it: an instance runs on this data path.`,
      `✓ Activity        ${patient.dataPath}/instance.db holds the tables that it should.`,
      `✓ Secrets         ${patient.dataPath}/secrets.db has format 2 and is sealed with data key 1.`,
      expect.stringMatching(/^✓ Key source {6}Key file \/.*\/holdfast\/keys\/[0-9a-f-]{36}\.key\.$/),
      '✓ Key             It is private, yours, outside the data directory, and opens the secrets.',
      `✓ Registration    Registered at ${patient.cloud.issuer} with the client ID ${patient.cloud.clientId}.`,
      expect.stringMatching(
        /^✓ Claim {11}Claimed by Ann's workspace \(workspace-1\) since \d{4}-\d\d-\d\dT[\d:.]+Z\.$/,
      ),
      `✓ Address         The instance, process ${process.pid}, listens on ${patient.listen}.`,
      '✓ Reach           It answers to its own address.',
      `✓ Cloud           ${patient.cloud.issuer} answers.`,
      `✓ Credentials     ${patient.cloud.issuer} accepts those of this instance.`,
      expect.stringMatching(/^✓ Clock {11}It agrees/),
      '',
      'Nothing is wrong.',
    ]);
    expect(exitCode).toBe(0);
    expect((await patient.instance.anonymously('{ instance { state } }')).status).toBe(200);
  });

  test('one that does not run', async () => {
    await using patient = await Patient.createStopped();
    const { complaints, findings, exitCode } = await patient.complaints(['--cloud', patient.cloud.issuer]);
    expect(complaints).toEqual([]);
    expect(exitCode).toBe(0);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'Lock', message: expect.stringMatching(/^Nobody/) }),
    );
  });

  test('one that nobody has claimed', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const { output, exitCode } = await runCommand(['doctor'], {
      ...instance.commandEnvironment,
      HOLDFAST_LISTEN: '127.0.0.1:0',
    });
    expect(output).toContain('Nobody has claimed the instance.');
    expect(output).not.toContain(await instance.claimCode());
    expect(exitCode).toBe(0);
  });
});

test('a passphrase: needed, wrong, right', async () => {
  await using patient = await Patient.createStopped();
  const rewrap = await runCommand(['secrets', 'rewrap', '--to', 'passphrase'], {
    ...patient.instance.commandEnvironment,
    HOLDFAST_NEW_PASSPHRASE: passphrase,
  });
  expect(rewrap.exitCode).toBe(0);
  const needed = await patient.complaints();
  expect(needed.exitCode).toBe(0);
  expect(needed.complaints).toMatchObject([
    { check: 'Key', verdict: 'warning', remedy: expect.stringContaining('--passphrase-file') },
    { check: 'Cloud', verdict: 'warning', remedy: expect.stringContaining('--cloud') },
  ]);

  const canary = 'canary horse battery staple';
  const refused = await patient.complaints(['--cloud', patient.cloud.issuer], {
    HOLDFAST_PASSPHRASE: canary,
  });
  expect(refused.complaints).toEqual([wrong('Key', 'That is not the passphrase', 'Try again')]);
  expect(JSON.stringify(refused)).not.toContain(canary);

  const right = await patient.complaints([], { HOLDFAST_PASSPHRASE: passphrase });
  expect(right.complaints).toEqual([]);
}, 60_000);

describe('holdfast doctor finds', () => {
  test('an instance.db that keeps the instance from starting, and puts nothing beside it', async () => {
    await using patient = await Patient.createStopped();
    const path = join(patient.dataPath, 'instance.db');
    {
      using database = new DatabaseSync(path);
      database.exec('DROP TABLE sessions');
    }
    const names = await readdir(patient.dataPath);
    const { complaints } = await patient.complaints(['--cloud', patient.cloud.issuer]);
    expect(complaints).toEqual([wrong('Activity', `${path} is damaged`, 'move it away')]);
    expect(await readdir(patient.dataPath)).toEqual(names);
    await expect(patient.instance.up()).rejects.toMatchObject({ code: 'activity_damaged' });
  });

  test('a lock that is not empty, which keeps the instance from starting', async () => {
    await using patient = await Patient.createStopped();
    await writeFile(join(patient.dataPath, 'lock'), 'x');
    const { complaints } = await patient.complaints(['--cloud', patient.cloud.issuer]);
    expect(complaints).toEqual([wrong('Lock', 'holds something that Holdfast never writes', 'Move it away')]);
    await expect(patient.instance.up()).rejects.toMatchObject({ code: 'data_path_unusable' });
  });

  test.skipIf(process.platform === 'win32')(
    'pipes in place of what it reads, and does not wait',
    async () => {
      await using patient = await Patient.createStopped();
      for (const name of ['lock.pid', 'instance.db-journal']) await putPipe(join(patient.dataPath, name));
      const { complaints } = await patient.complaints(['--cloud', patient.cloud.issuer]);
      expect(complaints).toEqual([
        wrong('Files', 'instance.db-journal is no regular file', 'Move it away'),
        wrong('Files', 'lock.pid is no regular file', 'Move it away'),
      ]);
    },
  );

  test.skipIf(process.platform === 'win32')(
    'row 46: a key that others could replace, of which a start warns',
    async () => {
      await using patient = await Patient.createStopped();
      const { directory } = patient.instance.config.keys;
      await chmod(directory, 0o777);
      const { complaints } = await patient.complaints(['--cloud', patient.cloud.issuer]);
      const remedy = `Run: chmod go-w ${directory}, or keep the key`;
      expect(complaints).toEqual([wrong('Key', `${directory} can be written by other users`, remedy)]);
      await patient.instance.up();
      const warnings = patient.instance.logLines.filter((line) => line.includes(remedy));
      expect(warnings.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual([40]);
      await patient.instance.down();
      await chmod(directory, 0o700);
      await patient.instance.up();
      expect(patient.instance.logLines.filter((line) => line.includes(remedy))).toHaveLength(1);
    },
  );

  test('a lost key file', async () => {
    await using patient = await Patient.createStopped();
    await rm(join(patient.instance.config.keys.directory), { recursive: true });
    expect((await patient.complaints(['--cloud', patient.cloud.issuer])).complaints).toEqual([
      wrong('Key', 'is missing', '--key-file'),
    ]);
  });

  test('a damaged secrets.db', async () => {
    await using patient = await Patient.createStopped();
    await writeFile(join(patient.dataPath, 'secrets.db'), 'nonsense');
    expect((await patient.complaints(['--cloud', patient.cloud.issuer])).complaints).toEqual([
      wrong('Secrets', 'secrets.db', 'backup'),
    ]);
  });

  test('a missing secrets.db', async () => {
    await using patient = await Patient.createStopped();
    await rm(join(patient.dataPath, 'secrets.db'));
    expect((await patient.complaints(['--cloud', patient.cloud.issuer])).complaints).toEqual([
      wrong('Secrets', 'is missing, though the data directory has been in use', 'backup'),
    ]);
  });

  test.skipIf(process.platform === 'win32')('row 45: loose modes, each with its cure', async () => {
    await using patient = await Patient.createStopped();
    const secretsPath = join(patient.dataPath, 'secrets.db');
    const { keys } = patient.instance.config;
    const keyFile = join(keys.directory, (await readdir(keys.directory)).join());
    for (const path of [patient.dataPath, secretsPath, keyFile]) await chmod(path, 0o755);
    const { complaints } = await patient.complaints(['--cloud', patient.cloud.issuer]);
    expect(complaints).toEqual([
      wrong('Data path', 'mode 0755', `chmod 700 ${patient.dataPath}`),
      wrong('Files', 'mode 0755', `chmod 600 ${secretsPath}`),
      wrong('Key', 'can be read by other users', `chmod 600 ${keyFile}`),
    ]);
    for (const { remedy } of complaints as { remedy: string }[]) {
      const [, mode, path] = /^Run: chmod (\d+) (\S+)$/.exec(remedy) ?? [];
      await chmod(path as string, Number.parseInt(mode as string, 8));
    }
    expect((await patient.complaints()).complaints).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('row 45: a symbolic link', async () => {
    await using patient = await Patient.createStopped();
    await symlink('/etc/passwd', join(patient.dataPath, 'claim-code'));
    expect((await patient.complaints()).complaints).toEqual([
      wrong('Files', 'claim-code is a symbolic link', 'Move it away'),
    ]);
  });

  test.skipIf(process.platform !== 'linux')('a running instance whose lock was removed', async () => {
    await using patient = await Patient.create();
    await rm(join(patient.dataPath, 'lock'));
    expect((await patient.complaints()).complaints).toEqual([
      wrong('Lock', `Process ${process.pid} works on this data path`, `Stop process ${process.pid}`),
    ]);
  });

  test('secrets that are gone where nothing else is left but the audit log', async () => {
    await using patient = await Patient.createStopped();
    for (const name of ['layout', 'secrets.db']) await rm(join(patient.dataPath, name));
    const { complaints } = await patient.complaints(['--cloud', patient.cloud.issuer]);
    expect(complaints).toEqual([
      wrong('Layout', 'is missing, though an instance has run here', 'Restore it from your backup'),
      wrong('Secrets', 'secrets.db is missing, though', '--reset-credentials'),
    ]);
  });

  test('a cloud of this machine that is stopped, which is no problem', async () => {
    await using patient = await Patient.create();
    await patient.cloud.down();
    const { complaints, exitCode } = await patient.complaints();
    expect(complaints).toMatchObject([
      {
        check: 'Cloud',
        verdict: 'warning',
        message: expect.stringContaining(`${patient.cloud.issuer} does not answer: nothing listens`),
        remedy: expect.stringContaining('npm start'),
      },
    ]);
    expect(exitCode).toBe(0);
  });

  test('a cloud that has removed the instance, running or stopped', async () => {
    await using patient = await Patient.create();
    patient.cloud.clients.clear();
    const refused = wrong(
      'Credentials',
      `${patient.cloud.issuer} does not accept those of this instance: client authentication failed.`,
      '--reset-credentials',
    );
    expect((await patient.complaints()).complaints).toEqual([refused]);
    await patient.instance.down();
    expect((await patient.complaints()).complaints).toEqual([refused]);
  });

  test('a cloud that has removed an instance that nobody claimed, which is no problem', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await vi.waitUntil(() => cloud.requests.includes('GET /api/instance'), { timeout: 10_000 });
    await instance.down();
    await using patient = new Patient(cloud, instance);
    cloud.clients.clear();
    const { complaints, exitCode } = await patient.complaints();
    expect(complaints).toMatchObject([
      { check: 'Credentials', verdict: 'warning', remedy: expect.stringContaining('registers anew') },
    ]);
    expect(exitCode).toBe(0);
  });

  test('a cloud that does not say whether it accepts the instance', async () => {
    await using patient = await Patient.createStopped();
    patient.cloud.fault = ({ url }) =>
      url.endsWith('/token/introspection') ? new Response('', { status: 503 }) : undefined;
    expect((await patient.complaints()).complaints).toMatchObject([
      { check: 'Credentials', verdict: 'warning', message: expect.stringContaining('503') },
    ]);
  });

  test('a clock that is off', async () => {
    await using patient = await Patient.create();
    const date = new Date(Date.now() + 120_000).toUTCString();
    patient.cloud.fault = ({ url }) =>
      url.includes('/.well-known/')
        ? Response.json(patient.cloud.metadata(), { headers: { date } })
        : undefined;
    expect((await patient.complaints()).complaints).toEqual([
      wrong('Clock', 'ahead of the clock of the instance', 'internet time'),
    ]);
  });

  test('nonsense in the place of a cloud', async () => {
    await using patient = await Patient.createStopped();
    patient.cloud.fault = () => new Response('<html>');
    const problems = [wrong('Cloud', 'what answers there is not a Holdfast cloud', '--cloud')];
    expect((await patient.complaints()).complaints).toEqual(problems);
    patient.cloud.fault = ({ url }) => (url.endsWith('/jwks') ? Response.json({ keys: [] }) : undefined);
    expect((await patient.complaints()).complaints).toEqual([
      wrong('Cloud', 'it publishes no signing key', '--cloud'),
    ]);
  });

  test('an address that somebody else has, and who', async () => {
    await using patient = await Patient.createStopped();
    const { port } = new URL(patient.cloud.issuer);
    const { complaints } = await patient.complaints(['--listen', `127.0.0.1:${port}`]);
    expect(complaints).toEqual([wrong('Address', `127.0.0.1:${port} is in use by`, '--listen HOST:PORT')]);
    if (process.platform === 'linux')
      expect(complaints[0]?.message).toContain(`in use by process ${process.pid} (`);
  });

  test('flags that do not fit each other or the world', async () => {
    await using patient = await Patient.createStopped();
    const { complaints, exitCode } = await patient.complaints([
      ...['--allow-host', 'lab.local', '--allow-origin', 'http://lab.example.com'],
    ]);
    expect(complaints).toMatchObject([
      { check: 'Names', verdict: 'warning', remedy: expect.stringContaining('--listen') },
      { check: 'Origins', verdict: 'warning', remedy: expect.stringContaining('https://lab.example.com') },
    ]);
    expect(exitCode).toBe(0);
  });

  test('a certificate that is missing', async () => {
    await using patient = await Patient.createStopped();
    const missing = join(patient.instance.root, 'cert.pem');
    const { complaints } = await patient.complaints(['--tls-cert', missing, '--tls-key', missing]);
    expect(complaints).toEqual([wrong('Certificate', `${missing} is missing`, '--tls-cert')]);
  });

  test('a public address that leads elsewhere, and not one that leads to the instance', async () => {
    await using patient = await Patient.create();
    const own = `http://${patient.listen}`;
    const trusting = ['--trusted-proxy', '127.0.0.1', '--public-url'];
    expect((await patient.complaints([...trusting, own])).findings).toContainEqual({
      check: 'Public address',
      verdict: 'ok',
      message: `${own} leads to this instance.`,
    });
    expect((await patient.complaints([...trusting, patient.cloud.issuer])).complaints).toEqual([
      wrong('Public address', `${patient.cloud.issuer} leads to something else`, 'proxy'),
    ]);
  });

  test('the data path of npm start', async () => {
    await using patient = await Patient.createStopped();
    const outer = join(patient.instance.root, 'outer');
    await mkdir(outer);
    await rename(patient.dataPath, join(outer, 'instance'));
    expect((await patient.complaints(['--data-path', outer])).complaints).toEqual([
      wrong('Data path', 'is the data path of npm start', `--data-path ${join(outer, 'instance')}`),
    ]);
  });

  test('another cloud than the one that was named', async () => {
    await using patient = await Patient.createStopped();
    await using other = await TestCloud.start();
    expect((await patient.complaints(['--cloud', other.issuer])).complaints).toEqual([
      wrong('Registration', `not at ${other.issuer}`, `--cloud ${patient.cloud.issuer}`),
    ]);
  });

  test('a newer layout', async () => {
    await using patient = await Patient.createStopped();
    await writeFile(join(patient.dataPath, 'layout'), '99\n');
    expect((await patient.complaints()).complaints).toEqual([
      wrong('Layout', 'newer version of Holdfast (layout 99', 'Use that version'),
    ]);
  });

  test('no directory, and makes none', async () => {
    await using patient = await Patient.createStopped();
    const nowhere = join(patient.instance.root, 'nowhere');
    const { findings, complaints } = await patient.complaints(['--data-path', nowhere], {
      HOLDFAST_LISTEN: undefined,
    });
    expect(complaints).toEqual([wrong('Data path', `no directory ${nowhere}`, '--data-path')]);
    expect(findings.map(({ check }) => check)).not.toContain('Address');
  });

  test('that nothing has begun in an empty directory, which is no problem', async () => {
    await using patient = await Patient.createStopped();
    const empty = join(patient.instance.root, 'empty');
    await mkdir(empty);
    const { complaints, exitCode } = await patient.complaints(['--data-path', empty]);
    expect(complaints).toMatchObject([{ verdict: 'warning', remedy: expect.stringContaining(empty) }]);
    expect(exitCode).toBe(0);
  });
});

test('without UTF-8 the report is ASCII', async () => {
  await using patient = await Patient.createStopped();
  const { output } = await patient.examine(['--data-path', '/nonexistent'], { LC_ALL: 'C' });
  expect(output).toMatch(/^ok {6}Node/);
  expect(output).toContain('PROBLEM Data path');
  // oxlint-disable-next-line no-control-regex -- whether there is anything but printable ASCII is the question
  expect(output).toMatch(/^[\x20-\x7e\n]*$/);
});

test.each([
  [['--cloud', 'http://evil.test'], 'cannot be the cloud'],
  [['--key-file', 'x', '--passphrase-file', 'y'], 'one source only'],
  [['extra'], 'too many arguments'],
])('holdfast doctor %j is told what is wrong', async (args, words) => {
  const { output, errors, exitCode } = await runCommand(['doctor', ...args]);
  expect(exitCode).toBe(1);
  expect(errors).toContain(words);
  expect(output).toBe('');
});
