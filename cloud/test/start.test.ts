import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { createCloud } from '../src/cloud.ts';
import type { CloudConfig } from '../src/config.ts';
import { StartupError, type StartupErrorCode } from '../src/errors.ts';
import { createLogger } from '../src/logger.ts';
import { cli } from './command.ts';
import { rawRequest } from './raw-request.ts';
import { answerOf, claimsOf, company, type Members, TestAccount } from './test-clients.ts';
import { freePort, TestCloud } from './test-cloud.ts';

const isWindows = process.platform === 'win32';
const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const logger = createLogger({ level: 'silent' });

/** Starts a cloud that must not start, and returns the sentence it gives. */
async function refusal(config: CloudConfig, code: StartupErrorCode): Promise<string> {
  const error: unknown = await createCloud(config, { logger }).then(
    async (cloud) => cloud[Symbol.asyncDispose](),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartupError);
  const { code: actualCode, message } = error as StartupError;
  expect({ code: actualCode, message }).toMatchObject({ code });
  expect(message).toMatch(/^[A-Z“][^\n]*[.)]$/);
  return message;
}

/** A cloud that ran once and is down. */
async function stoppedCloud(): Promise<TestCloud> {
  const cloud = await TestCloud.start();
  await cloud.down();
  return cloud;
}

describe('the address', () => {
  test('in use: names the port, and nothing stays open or locked', async () => {
    await using first = await TestCloud.start();
    const config = { ...first.config, dataPath: join(first.root, 'second') };
    const message = await refusal(config, 'address_in_use');
    expect(message).toContain(`Port ${first.port} on 127.0.0.1 is already in use`);
    expect(message).toContain('--listen');
    await using _second = await createCloud(
      { ...config, listen: { host: '127.0.0.1', port: 0 } },
      { logger },
    );
  });

  test.skipIf(!hasIPv6)(
    'localhost of which another program has one half: refused, and the other half is free again',
    async () => {
      await using cloud = await stoppedCloud();
      const other = createServer().listen({ host: '::1', port: 0, ipv6Only: true });
      await once(other, 'listening');
      const { port } = other.address() as { port: number };
      try {
        const message = await refusal(
          { ...cloud.config, listen: { host: 'localhost', port } },
          'address_in_use',
        );
        expect(message).toContain(`Port ${port} on ::1 is already in use`);
        const half = createServer().listen({ host: '127.0.0.1', port });
        await once(half, 'listening');
        await once(half.close(), 'close');
      } finally {
        other.close();
      }
    },
  );

  test.skipIf(!hasIPv6)('localhost is IPv4 and IPv6', async () => {
    const listen = { host: 'localhost', port: await freePort() };
    await using cloud = await TestCloud.start({}, { listen });
    expect(cloud.url).toBe(`http://localhost:${listen.port}`);
    const half = createServer().listen({ host: '::1', port: listen.port, ipv6Only: true });
    const [error] = await once(half, 'error').catch((reason: unknown) => [reason]);
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
  });

  test('of another machine', async () => {
    await using cloud = await stoppedCloud();
    const config = {
      ...cloud.config,
      listen: { host: '192.0.2.1', port: 0 },
      issuer: 'https://cloud.example.com',
    };
    expect(await refusal(config, 'address_unavailable')).toContain('192.0.2.1');
  });

  test('row 39: open to others needs an issuer', async () => {
    await using cloud = await stoppedCloud();
    const config = { ...cloud.config, listen: { host: '0.0.0.0', port: 0 } };
    expect(await refusal(config, 'invalid_configuration')).toContain('--issuer');
  });
});

describe('the data path', () => {
  test('that is a file, or below one', async () => {
    await using cloud = await stoppedCloud();
    await writeFile(join(cloud.root, 'file'), 'precious');
    for (const name of ['file', 'file/below']) {
      const dataPath = join(cloud.root, name);
      const message = await refusal({ ...cloud.config, dataPath }, 'data_path_unusable');
      expect(message).toContain(dataPath);
      expect(message).toContain('--data-path');
    }
    expect(await readFile(join(cloud.root, 'file'), 'utf8')).toBe('precious');
  });

  test.skipIf(process.platform !== 'linux')('where no directory can be made, at once', async () => {
    await using cloud = await stoppedCloud();
    await refusal({ ...cloud.config, dataPath: '/proc/holdfast' }, 'data_path_unusable');
  });

  test.skipIf(isWindows)('that may not be written', async () => {
    await using cloud = await stoppedCloud();
    const parent = join(cloud.root, 'parent');
    await mkdir(parent, { mode: 0o500 });
    await chmod(cloud.root, 0o755);
    // Nothing is forbidden to root, so it becomes somebody else for a moment.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      const message = await refusal(
        { ...cloud.config, dataPath: join(parent, 'data') },
        'data_path_unusable',
      );
      expect(message).toContain('permission denied');
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(parent, 0o700);
    }
  });

  test('row 47: that another cloud holds: names the process', async () => {
    await using first = await TestCloud.start();
    const config = { ...first.config, listen: { host: '127.0.0.1', port: 0 } };
    const message = await refusal(config, 'data_path_locked');
    expect(message).toContain(`(process ${process.pid})`);
    expect(message).toContain(first.config.dataPath);
    expect((await first.get('/healthz')).status).toBe(200);
  });

  test('row 47: of ten starts at once one lives', async () => {
    await using cloud = await stoppedCloud();
    const config = { ...cloud.config, listen: { host: '127.0.0.1', port: await freePort() } };
    const fresh = { ...config, dataPath: join(cloud.root, 'fresh') };
    const starts = await Promise.allSettled(
      Array.from({ length: 10 }, async () =>
        createCloud({ ...fresh, listen: { host: '127.0.0.1', port: 0 } }, { logger }),
      ),
    );
    const alive = starts.filter((start) => start.status === 'fulfilled');
    for (const { value } of alive) await value[Symbol.asyncDispose]();
    expect(alive).toHaveLength(1);
    for (const start of starts) {
      if (start.status === 'rejected') expect(start.reason).toMatchObject({ code: 'data_path_locked' });
    }
  });

  test('that holds other things is refused and left alone', async () => {
    await using cloud = await stoppedCloud();
    const dataPath = join(cloud.root, 'home');
    await mkdir(dataPath);
    await chmod(dataPath, 0o755);
    await writeFile(join(dataPath, 'thesis.txt'), 'x');
    await refusal({ ...cloud.config, dataPath }, 'data_path_unusable');
    expect(await readdir(dataPath)).toEqual(['thesis.txt']);
    if (!isWindows) expect((await stat(dataPath)).mode & 0o777).toBe(0o755);
  });

  test.skipIf(isWindows)('row 45: directory and files are private under umask 000', async () => {
    const umask = process.umask(0o000);
    try {
      await using cloud = await TestCloud.start();
      await TestAccount.signUp(cloud);
      expect((await stat(cloud.config.dataPath)).mode & 0o777).toBe(0o700);
      const names = await readdir(cloud.config.dataPath);
      expect(names).toEqual(
        expect.arrayContaining(['cloud.db', 'cloud.db-wal', 'keys.json', 'lock', 'lock.pid']),
      );
      for (const name of names) expect((await stat(cloud.file(name))).mode & 0o777, name).toBe(0o600);
    } finally {
      process.umask(umask);
    }
  });

  test.skipIf(isWindows)('row 45: what was made readable for others becomes private again', async () => {
    await using cloud = await stoppedCloud();
    const files = ['cloud.db', 'keys.json', 'lock'];
    for (const name of files) await chmod(cloud.file(name), 0o644);
    await chmod(cloud.config.dataPath, 0o755);
    await cloud.up();
    expect((await stat(cloud.config.dataPath)).mode & 0o777).toBe(0o700);
    for (const name of files) expect((await stat(cloud.file(name))).mode & 0o777, name).toBe(0o600);
  });

  test.skipIf(isWindows).each(['cloud.db', 'keys.json', 'lock', 'lock.pid'])(
    'row 45: a link in place of %s is refused and its target left alone',
    async (name) => {
      await using cloud = await stoppedCloud();
      const dataPath = join(cloud.root, 'linked');
      const target = join(cloud.root, 'target');
      await mkdir(dataPath);
      await writeFile(target, 'precious');
      await chmod(target, 0o644);
      await symlink(target, join(dataPath, name));
      expect(await refusal({ ...cloud.config, dataPath }, 'data_path_unusable')).toContain(name);
      expect(await readFile(target, 'utf8')).toBe('precious');
      expect((await stat(target)).mode & 0o777).toBe(0o644);
    },
  );
});

describe('the keys', () => {
  const { privateKey: p384 } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const damages: [what: string, damage: (file: string) => string][] = [
    ['empty', () => ''],
    ['cut off', (file) => file.slice(0, file.length / 2)],
    ['nonsense', () => 'nonsense'],
    ['another JSON value', () => '[]'],
    ['null', () => 'null'],
    ['without a signing key', (file) => withMembers(file, { signing_keys: [] })],
    [
      'with a public key alone',
      (file) => withMembers(file, { signing_keys: [{ ...signingKeyOf(file), d: undefined }] }),
    ],
    [
      'with a key of another curve',
      (file) => withMembers(file, { signing_keys: [p384.export({ format: 'jwk' })] }),
    ],
    [
      'with another type of key',
      (file) => withMembers(file, { signing_keys: [{ kty: 'oct', k: 'AAAA', kid: 'x' }] }),
    ],
    [
      'with a second key that is none',
      (file) =>
        withMembers(file, { signing_keys: [signingKeyOf(file), { ...signingKeyOf(file), kid: 'x', d: '' }] }),
    ],
    [
      'with the same key twice',
      (file) => withMembers(file, { signing_keys: [signingKeyOf(file), signingKeyOf(file)] }),
    ],
    [
      'with a time that is none',
      (file) => withMembers(file, { signing_keys: [{ ...signingKeyOf(file), nbf: 'soon' }] }),
    ],
    ['with a short cookie secret', (file) => withMembers(file, { cookie_secret: 'short' })],
    ['without a cookie secret', (file) => withMembers(file, { cookie_secret: undefined })],
    [
      'with a cookie secret that is no text',
      (file) => withMembers(file, { cookie_secret: Array(43).fill('x') }),
    ],
    ['with a short nonce secret', (file) => withMembers(file, { dpop_nonce_secret: 'AAAA' })],
    [
      'with a key that is not on its curve',
      (file) => withMembers(file, { signing_keys: [{ ...signingKeyOf(file), x: 'AAAA' }] }),
    ],
  ];

  test.each(damages)(
    '%s: refused with the way out, unquoted, and nothing is made in their place',
    async (_what, damage) => {
      await using cloud = await stoppedCloud();
      const path = cloud.file('keys.json');
      const intact = await readFile(path, 'utf8');
      const damaged = damage(intact);
      await writeFile(path, damaged);
      const message = await refusal(cloud.config, 'data_damaged');
      expect(message).toContain(path);
      expect(message).toMatch(/backup.*delete/);
      expect(message).not.toContain(String(signingKeyOf(intact).d).slice(0, 8));
      expect(await readFile(path, 'utf8')).toBe(damaged);
      await writeFile(path, intact);
      await cloud.up();
    },
  );

  test('that are a directory', async () => {
    await using cloud = await stoppedCloud();
    const path = cloud.file('keys.json');
    await rm(path);
    await mkdir(path);
    expect(await refusal(cloud.config, 'data_path_unusable')).toContain(path);
  });
});

function signingKeyOf(file: string): Members {
  return (JSON.parse(file) as { signing_keys: [Members] }).signing_keys[0];
}

function withMembers(file: string, members: Members): string {
  return JSON.stringify({ ...(JSON.parse(file) as Members), ...members });
}

describe('the database', () => {
  test.each([
    ['nonsense', async () => Buffer.from('nonsense'.repeat(1_000))],
    [
      'torn in the middle',
      async (file: Buffer) => Buffer.concat([file.subarray(0, 4_096), Buffer.alloc(8_192, 0xa5)]),
    ],
  ])('%s: refused, and left as it is', async (_what, damage) => {
    await using cloud = await stoppedCloud();
    const path = cloud.file('cloud.db');
    const damaged = await damage(await readFile(path));
    await writeFile(path, damaged);
    const message = await refusal(cloud.config, 'data_damaged');
    expect(message).toContain(path);
    expect(message).toContain('backup');
    expect(damaged.equals(await readFile(path))).toBe(true);
  });

  test('that is a directory', async () => {
    await using cloud = await stoppedCloud();
    const dataPath = join(cloud.root, 'second');
    await mkdir(join(dataPath, 'cloud.db'), { recursive: true });
    await refusal({ ...cloud.config, dataPath }, 'data_path_unusable');
  });

  test('that another process keeps for itself: says so, and asks for no backup', async () => {
    await using cloud = await stoppedCloud();
    const other = new DatabaseSync(cloud.file('cloud.db'));
    other.exec('pragma locking_mode = exclusive; begin exclusive');
    const message = await refusal(cloud.config, 'data_path_unusable');
    other.close();
    expect(message).toContain('Another process is using it: try again');
    expect(message).not.toContain('backup');
    await cloud.up();
  });

  test.skipIf(isWindows)('that cannot grow: asks for room, and for no backup', async () => {
    await using cloud = await stoppedCloud();
    const dataPath = join(cloud.root, 'narrow');
    // No file may become larger than 64 KiB; beyond that a write fails as on a disk that reports an error.
    const limited = 'ulimit -f 128 && exec "$0" "$@"';
    const args = [cli, 'serve', '--data-path', dataPath, '--listen', `127.0.0.1:${cloud.port}`];
    const { status, stderr } = spawnSync('/bin/sh', ['-c', limited, process.execPath, ...args], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: 30_000,
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining('Make room on its disk')]);
    expect(stderr).not.toContain('backup');
  });

  test('of a newer version: named, and not touched', async () => {
    await using cloud = await stoppedCloud();
    const database = new DatabaseSync(cloud.file('cloud.db'));
    database.exec("insert into cloud_migrations values ('2027-03-future', '2027-03-01')");
    database.close();
    const message = await refusal(cloud.config, 'newer_database');
    expect(message).toContain('2027-03-future');
    expect(message).toContain('newer version');
  });

  test('of another issuer: says which one it belongs to', async () => {
    await using cloud = await stoppedCloud();
    const before = `http://127.0.0.1:${cloud.port}`;
    const port = await freePort();
    const message = await refusal({ ...cloud.config, listen: { host: '127.0.0.1', port } }, 'foreign_issuer');
    expect(message).toContain(`belongs to the cloud ${before}, not to http://127.0.0.1:${port}`);
    expect(message).toContain(`--issuer ${before}`);
    await cloud.up();
  });
});

test('a web app that is not built, and nothing stays open or locked', async () => {
  await using cloud = await stoppedCloud();
  const webApp = join(cloud.root, 'none');
  expect(await refusal({ ...cloud.config, webApp }, 'web_app_missing')).toContain('npm run build');
  expect(existsSync(webApp)).toBe(false);
  await cloud.up();
});

test('what a crash in the middle of a write left is removed, and the file itself is intact', async () => {
  await using cloud = await stoppedCloud();
  const intact = await readFile(cloud.file('keys.json'), 'utf8');
  await writeFile(cloud.file('keys.json.0123456789ab.tmp'), intact.slice(0, 100));
  await cloud.up();
  const names = await readdir(cloud.config.dataPath);
  expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(await readFile(cloud.file('keys.json'), 'utf8')).toBe(intact);
});

describe('a restart', () => {
  test('keeps keys, accounts, sessions, registrations, owners, logins and what is pending', async () => {
    await using cloud = await TestCloud.start();
    const { instance, account, browser } = await company(cloud);
    const tokens = await browser.signIn(instance, account, 'Lab');
    expect((await instance.claim(claimsOf(tokens).workspace)).status).toBe(200);
    const pending = await browser.startLogin(instance);
    await browser.poll(pending);
    const instanceToken = await instance.token();
    const keys = await (await cloud.get('/jwks')).text();

    await cloud.restart();
    expect(await (await cloud.get('/jwks')).text()).toBe(keys);
    const keySet = createRemoteJWKSet(new URL('/jwks', cloud.url));
    await jwtVerify(tokens.access_token, keySet, { issuer: cloud.url, audience: instance.resource });
    expect(await answerOf(instance.call('GET', '/api/instance', instanceToken))).toMatchObject({
      status: 200,
      body: { name: 'Lab', owner: { workspace: claimsOf(tokens).workspace } },
    });
    expect((await instance.requestToken()).status).toBe(200);
    expect((await browser.refresh(tokens.refresh_token)).status).toBe(200);
    expect((await answerOf(browser.poll(pending))).body.error).toBe('slow_down');
    await account.approve(pending);
    const { body } = await answerOf(browser.poll(pending));
    expect(claimsOf(body)).toMatchObject({
      sub: claimsOf(tokens).sub,
      workspace: claimsOf(tokens).workspace,
    });
    expect((await TestAccount.signIn(cloud)).email).toBe(account.email);
  });

  test('forgets no proof that was used, no code that was redeemed', async () => {
    await using cloud = await TestCloud.start();
    const { instance, account, browser } = await company(cloud);
    const login = await browser.startLogin(instance);
    await account.approve(login);
    const proof = await browser.proof();
    const { body } = await answerOf(browser.poll(login, proof));
    await cloud.restart();
    expect((await browser.poll(login)).status).toBe(400);
    expect((await browser.refresh(body.refresh_token, {}, proof)).status).toBe(400);
    expect((await browser.refresh(body.refresh_token)).status).toBe(200);
  });

  test('with new keys signs everybody out, but loses no instance', async () => {
    await using cloud = await TestCloud.start();
    const { instance, account } = await company(cloud);
    await cloud.down();
    await rm(cloud.file('keys.json'));
    await cloud.up();
    const session = await cloud.get('/api/auth/get-session', { headers: { cookie: account.cookie } });
    expect(await session.json()).toBeNull();
    expect((await TestAccount.signIn(cloud)).email).toBe(account.email);
    expect((await instance.requestToken()).status).toBe(200);
  });
});

test('a stop answers what is under way and frees port and data', async () => {
  await using cloud = await TestCloud.start();
  const signingUp = rawRequest(cloud.port, {
    method: 'POST',
    path: '/api/auth/sign-up/email',
    headers: [
      ['Host', new URL(cloud.url).host],
      ['Origin', cloud.url],
      ['Content-Type', 'application/json'],
      ['Holdfast-Page-Key', cloud.pageKey],
    ],
    body: '{"name":"x","email":"x@example.test","password":"correct horse battery"}',
  });
  await sleep(20);
  const stopping = cloud.down();
  expect((await signingUp).status).toBe(200);
  await stopping;
  await cloud.up();
});
