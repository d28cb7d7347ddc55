import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../src/clock.ts';
import { SecretsStore } from '../src/secrets/secrets-store.ts';
import { makeSelfSignedCertificate } from '../src/tls/self-signed-certificate.ts';
import { runCommand, startCommand, untilPrinted } from './command.ts';
import { freePort } from './free-port.ts';
import { putPipe } from './pipe.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

const day = 86_400_000;

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await TestCloud.start();
});
afterAll(async () => cloud[Symbol.asyncDispose]());

/** Looks for new certificates every few milliseconds instead of seconds and days. */
function impatientClock(now: () => number = Date.now): Clock {
  return {
    now,
    sleep: async (milliseconds, signal) => {
      const isLook = milliseconds === 5_000 || milliseconds === day;
      return systemClock.sleep(isLook ? 20 : milliseconds, signal);
    },
  };
}

/** The certificate that is shown at `port`. */
async function certificateAt(port: number, options: ConnectionOptions = {}): Promise<X509Certificate> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (!certificate) throw new Error('No certificate was shown.');
  return certificate;
}

/** The fingerprint of the certificate that is shown at `port`. */
async function shownAt(port: number, options: ConnectionOptions = {}): Promise<string> {
  return (await certificateAt(port, options)).fingerprint256;
}

async function health(port: number, agent: Agent): Promise<number | undefined> {
  const outgoing = request({ port, host: '127.0.0.1', path: '/healthz', agent, rejectUnauthorized: false });
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  outgoing
    .on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)))
    .on('error', reject)
    .end();
  return promise;
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('Waited in vain.');
    await sleep(20);
  }
}

const portOf = (instance: TestInstance) => Number(new URL(instance.url).port);

describe('a certificate that the instance makes', () => {
  const selfSigned = { reach: { tls: { kind: 'self-signed' } } } as const;

  test('stays the same across starts, and convinces whoever trusts it', async () => {
    await using instance = await TestInstance.start(cloud, selfSigned);
    expect(instance.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(instance.handle.claimUrl).toMatch(/^https:/);
    const { selfSignedFingerprint } = instance.handle;
    expect(await shownAt(portOf(instance))).toBe(selfSignedFingerprint);

    const certificate = await certificateAt(portOf(instance));
    const trusting = new Agent({ ca: certificate.toString() });
    expect(await health(portOf(instance), trusting)).toBe(200);
    for (const name of ['localhost', '127.0.0.1', '::1'])
      expect(certificate.subjectAltName).toMatch(new RegExp(name === '::1' ? '0:0:0:0:0:0:0:1' : name));

    await instance.down();
    await instance.up();
    expect(instance.handle.selfSignedFingerprint).toBe(selfSignedFingerprint);
  });

  test('is made anew 30 days before it expires, while the instance runs', async () => {
    let ahead = 0;
    await using instance = await TestInstance.start(cloud, selfSigned, {
      clock: impatientClock(() => Date.now() + ahead),
    });
    const first = instance.handle.selfSignedFingerprint;
    ahead = 366 * day;
    await sleep(100);
    expect(instance.handle.selfSignedFingerprint).toBe(first);
    ahead = 368 * day;
    await until(() => instance.handle.selfSignedFingerprint !== first);
    expect(await shownAt(portOf(instance))).toBe(instance.handle.selfSignedFingerprint);
    expect(instance.logLines.join('')).toContain('the certificate was replaced');
  });

  test('is made anew when the instance got a further name, not for fewer', async () => {
    await using instance = await TestInstance.start(cloud, {
      reach: { ...selfSigned.reach, allowedHosts: ['lab.local:8443'] },
    });
    const first = instance.handle.selfSignedFingerprint;
    expect((await certificateAt(portOf(instance))).checkHost('lab.local')).toBe('lab.local');
    await instance.down();
    Object.assign(instance.config, selfSigned);
    await instance.up();
    expect(instance.handle.selfSignedFingerprint).toBe(first);
    await instance.down();
    Object.assign(instance.config, { reach: { ...selfSigned.reach, allowedHosts: ['other.local'] } });
    await instance.up();
    expect(instance.handle.selfSignedFingerprint).not.toBe(first);
  });

  test('row 46: has its key sealed, like all secrets', async () => {
    await using instance = await TestInstance.start(cloud, selfSigned);
    const directory = instance.config.dataPath;
    await instance.down();
    for (const name of await readdir(directory)) {
      const content = await readFile(join(directory, name), 'latin1');
      expect(content, name).not.toContain('PRIVATE KEY');
    }
    using secrets = await SecretsStore.open({
      path: join(directory, 'secrets.db'),
      dataPath: directory,
      keys: instance.config.keys,
    });
    expect(secrets.read('self_signed_certificate')?.pem).toContain('PRIVATE KEY');
  });

  test('the terminal shows the fingerprint', async () => {
    await using directory = await temporaryDirectory();
    const command = startCommand(
      ['serve', '--tls', 'self-signed', '--listen', `127.0.0.1:${await freePort()}`, '--no-open'],
      {
        HOLDFAST_DATA_PATH: join(directory.path, 'data'),
        XDG_CONFIG_HOME: directory.path,
        HOLDFAST_CLOUD: cloud.issuer,
      },
    );
    await untilPrinted(command, 'SHA-256 fingerprint');
    const port = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(command.output)?.[1]);
    await untilPrinted(command, (await certificateAt(port)).fingerprint256);
    expect(command.output).toContain('The instance runs at https://127.0.0.1:');
    command.process.kill('SIGTERM');
    await once(command.process, 'close');
  });
});

describe('a certificate from files', () => {
  const pair = () =>
    makeSelfSignedCertificate(['localhost'], new Date(Date.now() - day), new Date(Date.now() + day));
  const fingerprintOf = (pem: string) => new X509Certificate(pem).fingerprint256;

  async function startWithFiles() {
    const directory = await temporaryDirectory();
    const tls = {
      kind: 'files' as const,
      certificateFile: join(directory.path, 'cert.pem'),
      keyFile: join(directory.path, 'key.pem'),
    };
    const write = async (certificate: string, key = certificate) => {
      await writeFile(tls.certificateFile, certificate);
      await writeFile(tls.keyFile, key, { mode: 0o600 });
    };
    const first = pair();
    await write(first);
    const instance = await TestInstance.start(cloud, { reach: { tls } }, { clock: impatientClock() });
    return {
      instance,
      port: portOf(instance),
      tls,
      write,
      first,
      async [Symbol.asyncDispose]() {
        await instance[Symbol.asyncDispose]();
        await directory[Symbol.asyncDispose]();
      },
    };
  }

  test('is replaced when they change, and open connections go on', async () => {
    await using place = await startWithFiles();
    const { port, tls, first } = place;
    const agent = new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 0 });
    expect(await health(port, agent)).toBe(200);
    const [socket] = Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? []) as TLSSocket[];
    expect(await shownAt(port)).toBe(fingerprintOf(first));

    const second = pair();
    // As certbot does it: the new files take the place of the old ones.
    await writeFile(`${tls.keyFile}.new`, second, { mode: 0o600 });
    await writeFile(`${tls.certificateFile}.new`, second);
    await rename(`${tls.keyFile}.new`, tls.keyFile);
    await rename(`${tls.certificateFile}.new`, tls.certificateFile);
    await until(async () => (await shownAt(port)) === fingerprintOf(second));

    expect(await health(port, agent)).toBe(200);
    expect(socket?.destroyed).toBe(false);
    expect(Object.values(agent.freeSockets).flatMap((sockets) => sockets ?? [])).toEqual([socket]);
    agent.destroy();
  });

  test('stays when the new one is of no use, which is said once, until a good one comes', async () => {
    await using place = await startWithFiles();
    const { instance, port, write, first } = place;
    const complaints = () =>
      instance.logLines.filter((line) => line.includes('The new certificate is not used'));
    const [second, third] = [pair(), pair()];
    await write(second, third);
    await until(() => complaints().length > 0);
    await sleep(200);
    expect(complaints().at(-1)).toContain('do not belong together');
    expect(complaints().length).toBeLessThanOrEqual(2); // the two files are written one after the other
    expect(await shownAt(port)).toBe(fingerprintOf(first));
    await write(third);
    await until(async () => (await shownAt(port)) === fingerprintOf(third));
    expect(instance.logLines.join('')).not.toContain('PRIVATE KEY');
  });

  test.skipIf(process.platform === 'win32')('that becomes a pipe is not waited for', async () => {
    await using place = await startWithFiles();
    const { instance, port, tls, first } = place;
    await putPipe(tls.certificateFile);
    await until(() => instance.logLines.join('').includes('cannot be read: it is no regular file'));
    expect(await shownAt(port)).toBe(fingerprintOf(first));
    await instance.down();
  });

  test('may be named through symbolic links', async () => {
    await using place = await startWithFiles();
    const { instance, tls } = place;
    await instance.down();
    for (const file of [tls.certificateFile, tls.keyFile]) {
      await rename(file, `${file}.target`);
      await symlink(`${file}.target`, file);
    }
    await instance.up();
    expect(instance.url).toMatch(/^https:/);
  });

  test('of no use at the start is said in one sentence', async () => {
    await using place = await startWithFiles();
    const { instance, tls, write, first } = place;
    await instance.down();
    const refusal = async () =>
      instance.up().then(
        () => 'none',
        (error: Error) => error.message,
      );

    await chmod(tls.keyFile, 0o640);
    expect(await refusal()).toMatch(/key\.pem can be read by other users\. Run: chmod 600/);
    await chmod(tls.keyFile, 0o600);
    await write(first, pair());
    expect(await refusal()).toMatch(/do not belong together\. Give --tls-cert and --tls-key/);
    await write('nonsense', first);
    expect(await refusal()).toMatch(/file of the certificate holds none in PEM form/);
    await write(first, 'nonsense');
    expect(await refusal()).toMatch(/file of the private key holds none/);
    await rename(tls.certificateFile, `${tls.certificateFile}.gone`);
    expect(await refusal()).toMatch(/cert\.pem is missing\. Name the right one with --tls-cert/);
  });

  test('the key stays out of the terminal when the pair is wrong', async () => {
    await using place = await startWithFiles();
    await place.write(pair(), pair());
    await place.instance.down();
    const { exitCode, errors } = await runCommand(
      ['serve', '--tls-cert', place.tls.certificateFile, '--tls-key', place.tls.keyFile, '--no-open'],
      { ...place.instance.commandEnvironment, HOLDFAST_CLOUD: cloud.issuer, HOLDFAST_LISTEN: '127.0.0.1:0' },
    );
    expect(exitCode).toBe(1);
    expect(errors).toMatch(/^The certificate and the private key do not belong together\..*\n$/);
  });
});

describe('row 49: the TLS of an instance', () => {
  let instance: TestInstance;
  beforeAll(async () => {
    instance = await TestInstance.start(cloud, { reach: { tls: { kind: 'self-signed' } } });
  });
  afterAll(async () => instance[Symbol.asyncDispose]());

  test('begins at 1.2', async () => {
    expect(await shownAt(portOf(instance), { maxVersion: 'TLSv1.2' })).toBe(
      instance.handle.selfSignedFingerprint,
    );
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(shownAt(portOf(instance), old)).rejects.toThrow(/alert protocol version/);
  });

  test('is not had by those who speak plainly', async () => {
    const socket = connectPlain(portOf(instance), '127.0.0.1');
    socket.write(`GET /healthz HTTP/1.1\r\nHost: ${new URL(instance.url).host}\r\n\r\n`);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    await once(socket, 'close').catch(() => undefined);
    expect(text).not.toContain('200 OK');
  });
});
