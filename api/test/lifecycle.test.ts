import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { defaultClaimWindowSeconds } from '../src/claim/claim-code.ts';
import { type Clock, systemClock } from '../src/clock.ts';
import { StartupError } from '../src/errors.ts';
import { createInstance } from '../src/instance.ts';
import { putPipe } from './pipe.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

/** A clock that runs `offset` milliseconds ahead and whose sleeps end at once when they are up. */
class ShiftedClock implements Clock {
  offset = 0;
  readonly #sleepers = new Set<() => void>();

  now(): number {
    return Date.now() + this.offset;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    const end = this.now() + milliseconds;
    while (this.now() < end) {
      signal.throwIfAborted();
      const wake = Promise.withResolvers<void>();
      this.#sleepers.add(wake.resolve);
      await Promise.race([wake.promise, sleep(Math.min(50, end - this.now()))]);
      this.#sleepers.delete(wake.resolve);
    }
  }

  advance(milliseconds: number): void {
    this.offset += milliseconds;
    for (const wake of this.#sleepers) wake();
  }
}

test('from nothing to claimed, and the same after a restart', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const code = await instance.claimCode();
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
  expect(instance.handle.claimUrl).toMatch(
    new RegExp(`^${instance.url}/#claim=${code}\\.[0-9A-HJKMNP-TV-Z]{4}$`),
  );
  const publicPart =
    '{ instance { id state version resource cloud { issuer clientId deviceAuthorizationEndpoint tokenEndpoint tokenLifetimes { accessToken refreshTokenIdle refreshTokenAbsolute instanceToken deviceCode userCode devicePollInterval } } notices { code } } }';
  const expected = {
    id: cloud.clientId,
    version: '0.1.0',
    resource: `${cloud.issuer}/instances/${cloud.clientId}`,
    cloud: {
      issuer: cloud.issuer,
      clientId: 'holdfast-web',
      deviceAuthorizationEndpoint: `${cloud.issuer}/device/auth`,
      tokenEndpoint: `${cloud.issuer}/token`,
      tokenLifetimes: {
        accessToken: 300,
        refreshTokenIdle: 1_209_600,
        refreshTokenAbsolute: 7_776_000,
        instanceToken: 600,
        deviceCode: 300,
        userCode: 300,
        devicePollInterval: 2,
      },
    },
    notices: [],
  };
  expect((await instance.anonymously(publicPart)).data).toEqual({
    instance: { ...expected, state: 'UNCLAIMED' },
  });

  const browser = await TestBrowser.create(instance);
  const claimed = await browser.ask(
    `mutation { claimInstance(code: "${code}") { ... on InstanceClaimed { instance { name state owner { workspace { id } } } } } }`,
  );
  expect(claimed.data).toEqual({
    claimInstance: {
      instance: { name: 'Lab', state: 'CLAIMED', owner: { workspace: { id: 'workspace-1' } } },
    },
  });
  expect(existsSync(instance.claimCodePath)).toBe(false);
  expect(instance.handle.claimUrl).toBeUndefined();

  await instance.down();
  await instance.up();
  expect((await instance.anonymously(publicPart)).data?.instance).toMatchObject({
    id: expected.id,
    state: 'CLAIMED',
  });
  expect(existsSync(instance.claimCodePath)).toBe(false);
  await instance.until(({ notices }) => notices.length === 0);
  expect((await browser.ask('{ instance { name } }')).data).toEqual({ instance: { name: 'Lab' } });
  expect(cloud.clients.size).toBe(1);
  expect(cloud.requests.filter((request) => request === 'POST /token')).toHaveLength(1);
});

test('nothing that is secret lies in clear on the disk, and no token is in the log', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const code = await instance.claimCode();
  const browser = await TestBrowser.create(instance);
  const { authorization, dpop } = await browser.headers();
  await instance.anonymously('{ viewer { id } }', { authorization, dpop });
  await instance.anonymously('{ viewer { id } }', { authorization, dpop: `${dpop}x` });
  await instance.anonymously('{ viewer { id } }', { authorization: `${authorization}x`, dpop });
  await browser.claim(code);
  await instance.down();

  const secrets = [
    ...cloud.clients.values(),
    ...cloud.instanceTokens,
    authorization.slice(5),
    dpop,
    code,
    'management-',
  ];
  expect(cloud.instanceTokens.size).toBeGreaterThan(0);
  const files = await instance.everythingOnDisk();
  for (const secret of secrets) {
    for (const [path, content] of files) expect(content.includes(secret), path).toBe(false);
    expect(instance.logLines.join('')).not.toContain(secret);
  }
});

test.skipIf(process.platform === 'win32')('directories are 0700 and files 0600 under umask 000', async () => {
  const umask = process.umask(0o000);
  try {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    await instance.down();
    for (const root of [instance.config.dataPath, instance.config.keys.directory]) {
      expect((await stat(root)).mode & 0o777, root).toBe(0o700);
      for (const name of await readdir(root))
        expect((await stat(join(root, name))).mode & 0o777, name).toBe(0o600);
    }
  } finally {
    process.umask(umask);
  }
});

describe('claiming', () => {
  test('wrong codes are counted, the sixth try is refused even if right, and a restart opens it again', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const browser = await TestBrowser.create(instance);
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      expect(await browser.claim('00000-00000')).toMatchObject({ __typename: 'WrongClaimCode', triesLeft });
    }
    expect(await browser.claim(await instance.claimCode())).toMatchObject({ __typename: 'ClaimLocked' });
    const warnings = instance.logLines.filter((line) => line.includes('wrong claim code'));
    expect(warnings).toHaveLength(5);
    expect(warnings.at(-1)).toContain('locked out until the next start');
    expect(warnings.join()).not.toContain('00000');
    expect(await browser.claimTriesLeft()).toBe(0);

    const spent = await instance.claimCode();
    await instance.down();
    await instance.up();
    const fresh = await instance.claimCode();
    expect(fresh).not.toBe(spent);
    expect(await browser.claimTriesLeft()).toBe(5);
    expect(await browser.claim(spent)).toMatchObject({ __typename: 'WrongClaimCode', triesLeft: 4 });
    expect(await browser.claimTriesLeft()).toBe(4);
    expect(await browser.claim(fresh)).toMatchObject({ __typename: 'InstanceClaimed' });
    expect(await browser.claimTriesLeft()).toBeNull();
    expect(await browser.claim(fresh)).toMatchObject({ __typename: 'AlreadyClaimed' });
  });

  test('the address of an earlier start costs no try, and says what it is', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const ofAddress = () => instance.handle.claimUrl?.split('#claim=')[1] ?? '';
    const former = ofAddress();
    await instance.down();
    await instance.up();
    const browser = await TestBrowser.create(instance);
    const refused = await browser.ask(
      `mutation { claimInstance(code: "${former}") { __typename ... on OutdatedClaimCode { message } } }`,
    );
    expect(refused.data?.claimInstance).toEqual({
      __typename: 'OutdatedClaimCode',
      message: expect.stringMatching(/^This address is from an earlier start .* terminal shows the new one/),
    });
    expect(await browser.claimTriesLeft()).toBe(5);
    expect(await browser.claim(ofAddress())).toMatchObject({ __typename: 'InstanceClaimed' });
  });

  test('a stranger who used up his tries does not lock the person at the machine out', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const stranger = await TestBrowser.create(instance, { workspace: 'workspace-2' });
    for (let wrong = 0; wrong < 6; wrong += 1) await stranger.claim('00000-00000');
    const code = await instance.claimCode();
    expect(await stranger.claim(code)).toMatchObject({ __typename: 'ClaimLocked' });
    const ann = await TestBrowser.create(instance);
    expect(await ann.claim(code)).toMatchObject({ __typename: 'InstanceClaimed' });
  });

  test.each([
    ['15 minutes, unless it is told otherwise,', '15 minutes', {}, defaultClaimWindowSeconds],
    ['an hour', '1 hour', { claimWindowSeconds: 3_600 }, 3_600],
  ])('the window closes after %s and says so', async (_length, words, config, windowSeconds) => {
    await using cloud = await TestCloud.start();
    cloud.instanceTokenSeconds = 7_200;
    const clock = new ShiftedClock();
    await using instance = await TestInstance.start(cloud, config, { clock });
    await instance.untilConnected();
    const { data: published } = await instance.anonymously('{ instance { claimWindow claimWindowEnd } }');
    const window = (published as { instance: { claimWindow: number; claimWindowEnd: string } }).instance;
    expect(window.claimWindow).toBe(windowSeconds);
    const left = Date.parse(window.claimWindowEnd) - clock.now();
    expect(left).toBeGreaterThan((windowSeconds - 30) * 1_000);
    expect(left).toBeLessThanOrEqual(windowSeconds * 1_000);

    clock.advance(left - 5_000);
    expect((await instance.anonymously('{ instance { notices { code } } }')).data).toEqual({
      instance: { notices: [] },
    });
    clock.advance(5_000);
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLAIM_WINDOW_CLOSED'));
    const closed = await instance.anonymously('{ instance { notices { message } } }');
    expect(closed.data?.instance).toEqual({
      notices: [
        { message: `The instance was not claimed within ${words}. Restart it: it prints a new code.` },
      ],
    });
    const browser = await TestBrowser.create(instance);
    const accessToken = await cloud.accessToken(browser.key, {}, clock.now());
    const { signProof } = await import('./credentials.ts');
    const dpop = await signProof({
      key: browser.key,
      accessToken,
      url: `${instance.url}/graphql`,
      now: Math.floor(clock.now() / 1_000),
    });
    const { data } = await instance.anonymously(
      `mutation { claimInstance(code: "${await instance.claimCode()}") { __typename } }`,
      {
        authorization: `DPoP ${accessToken}`,
        dpop,
      },
    );
    expect(data).toEqual({ claimInstance: { __typename: 'ClaimWindowClosed' } });
  });

  test('with the cloud away: unavailable, nothing lost, completed as soon as it is back', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const browser = await TestBrowser.create(instance);
    const code = await instance.claimCode();
    cloud.fault = ({ method }) => (method === 'PUT' ? new Response('', { status: 502 }) : undefined);
    expect(await browser.claim(code)).toMatchObject({
      __typename: 'CloudUnavailable',
      message: expect.stringContaining('502'),
    });
    cloud.fault = () => undefined;
    await instance.down();
    await instance.up();
    await instance.until(({ state }) => state === 'CLAIMED');
    expect(cloud.owner?.workspace).toBe('workspace-1');
    await expect.poll(() => existsSync(instance.claimCodePath)).toBe(false);
  });

  test('an answer that was lost on its way: the owner is who the cloud recorded', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilConnected();
    const browser = await TestBrowser.create(instance);
    cloud.fault = ({ method }) => {
      if (method !== 'PUT') return undefined;
      cloud.owner = { workspace: 'workspace-1', workspace_name: 'Ann', claimed_at: new Date().toISOString() };
      return new Response('', { status: 500 });
    };
    expect(await browser.claim(await instance.claimCode())).toMatchObject({ __typename: 'CloudUnavailable' });
    cloud.fault = () => undefined;
    expect(await browser.claim(await instance.claimCode())).toMatchObject({ __typename: 'InstanceClaimed' });
  });

  test('an owner at the cloud alone opens nothing: the code is asked for all the same', async () => {
    await using cloud = await TestCloud.start();
    cloud.owner = { workspace: 'workspace-2', workspace_name: 'Bob', claimed_at: new Date().toISOString() };
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const [ann, bob] = [
      await TestBrowser.create(instance),
      await TestBrowser.create(instance, { workspace: 'workspace-2' }),
    ];
    const code = await instance.claimCode();
    expect(await ann.claim(code)).toMatchObject({ __typename: 'AlreadyClaimed' });
    expect(await bob.claim('00000-00000')).toMatchObject({ __typename: 'WrongClaimCode' });
    expect(await bob.claim(code)).toMatchObject({ __typename: 'InstanceClaimed' });
  });

  test('a workspace that approved no sign-in', async () => {
    await using cloud = await TestCloud.start();
    cloud.approved.clear();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const browser = await TestBrowser.create(instance);
    expect(await browser.claim(await instance.claimCode())).toMatchObject({
      __typename: 'CloudUnavailable',
      message: expect.stringContaining('no approved sign-in'),
    });
  });
});

describe('a cloud that is away', () => {
  test('at the start: says so with back-off, keeps trying, recovers by itself', async () => {
    await using cloud = await TestCloud.start();
    await cloud.down();
    const waits: number[] = [];
    const clock: Clock = {
      now: Date.now,
      sleep: async (milliseconds, signal) => {
        // The window for claiming is not what is shortened here.
        const isBackOff = milliseconds < (defaultClaimWindowSeconds * 1_000) / 2;
        if (isBackOff) waits.push(milliseconds);
        await sleep(isBackOff ? 20 : milliseconds, undefined, { signal });
      },
    };
    await using instance = await TestInstance.start(cloud, {}, { clock, random: () => 1 });
    await instance.until(
      ({ state, notices }) => state === 'UNREGISTERED' && notices[0]?.code === 'CLOUD_UNREACHABLE',
    );
    const { data } = await instance.anonymously(
      '{ instance { id cloud { issuer tokenEndpoint } notices { message since } } }',
    );
    expect(data?.instance).toMatchObject({
      id: null,
      cloud: { issuer: cloud.issuer, tokenEndpoint: null },
      notices: [{ message: expect.stringMatching(/does not answer: nothing listens.*keeps trying/) }],
    });
    while (waits.length < 7) await sleep(10);
    expect(waits.slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(instance.logLines.filter((line) => line.includes('CLOUD_UNREACHABLE'))).toHaveLength(1);

    await cloud.up();
    await instance.until(({ state, notices }) => state === 'UNCLAIMED' && notices.length === 0);
    expect(cloud.clients.size).toBe(1);
  });

  test.each([
    ['answers 500', () => new Response('', { status: 500 })],
    ['answers nonsense', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['names another issuer', () => Response.json({ issuer: 'http://localhost:9' })],
    [
      'answers the registration with nonsense',
      (request: Request) =>
        request.url.endsWith('/reg') ? Response.json({ client_id: 'x' }, { status: 201 }) : undefined,
    ],
    [
      'publishes no keys',
      (request: Request) => (request.url.endsWith('/jwks') ? Response.json({}) : undefined),
    ],
    [
      'gives no token',
      (request: Request) =>
        request.url.endsWith('/token') ? Response.json({ token_type: 'Bearer' }) : undefined,
    ],
  ])('%s: unreachable, until it behaves', async (_what, fault) => {
    await using cloud = await TestCloud.start();
    cloud.fault = fault;
    const clock: Clock = {
      now: Date.now,
      sleep: async (milliseconds, signal) => sleep(Math.min(milliseconds, 20), undefined, { signal }),
    };
    await using instance = await TestInstance.start(cloud, {}, { clock });
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
    cloud.fault = () => undefined;
    await instance.until(
      ({ state, notices }) =>
        state === 'UNCLAIMED' && notices.every(({ code }) => code === 'CLAIM_WINDOW_CLOSED'),
    );
    expect(cloud.clients.size).toBe(1);
  });

  test('refuses the registration: says so with its reason', async () => {
    await using cloud = await TestCloud.start();
    cloud.fault = ({ url }) =>
      url.endsWith('/reg')
        ? Response.json(
            { error: 'invalid_client_metadata', error_description: 'registration is closed' },
            { status: 400 },
          )
        : undefined;
    await using instance = await TestInstance.start(cloud);
    await instance.until(({ notices }) =>
      notices.some(
        ({ code, message }) => code === 'REGISTRATION_REFUSED' && message.includes('registration is closed'),
      ),
    );
  });

  test('has removed an unclaimed instance: it registers anew', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const { clientId } = cloud;
    await instance.down();
    cloud.instanceTokens.clear();
    cloud.clients.delete(clientId);
    await instance.up();
    await instance.until(() => cloud.clients.size === 1);
    expect(cloud.clientId).not.toBe(clientId);
    await instance.until(({ notices }) => notices.every(({ code }) => code !== 'CREDENTIALS_REFUSED'));
    expect(cloud.requests.filter((request) => request === 'POST /reg')).toHaveLength(2);
  });

  test('accepts nobody whom it registers: an unclaimed instance registers anew once, and says so', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    await instance.down();
    cloud.instanceTokens.clear();
    cloud.fault = ({ url }) =>
      url.endsWith('/token') ? Response.json({ error: 'invalid_client' }, { status: 401 }) : undefined;
    await instance.up();
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CREDENTIALS_REFUSED'));
    await new Promise((resolve) => {
      setTimeout(resolve, 3_000);
    });
    expect(cloud.requests.filter((request) => request === 'POST /reg')).toHaveLength(2);
  });

  test('has forgotten an instance that has an owner: says so, and does not register it twice', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const browser = await TestBrowser.create(instance);
    const claim = `mutation { claimInstance(code: "${await instance.claimCode()}") { __typename } }`;
    expect((await browser.ask(claim)).data).toEqual({ claimInstance: { __typename: 'InstanceClaimed' } });
    await instance.down();
    cloud.instanceTokens.clear();
    const [[clientId]] = [...cloud.clients] as [[string, string]];
    cloud.clients.set(clientId, 'another secret');
    await instance.up();
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CREDENTIALS_REFUSED'));
    expect(cloud.requests.filter((request) => request === 'POST /reg')).toHaveLength(1);
  });

  test('its clock is two minutes ahead: says by how much', async () => {
    await using cloud = await TestCloud.start();
    cloud.fault = ({ url }) =>
      url.endsWith('/jwks')
        ? undefined
        : url.includes('well-known')
          ? Response.json(cloud.metadata(), {
              headers: { date: new Date(Date.now() + 120_000).toUTCString() },
            })
          : undefined;
    const seen: string[] = [];
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    seen.push(...instance.logLines.filter((line) => line.includes('CLOCK_SKEW')));
    expect(seen[0]).toMatch(/The clock of the cloud is 1\d\d seconds ahead of the clock of the instance/);
  });

  test('an instance that restarts meanwhile goes on with the keys that it saved', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    await instance.down();
    await cloud.down();
    await instance.up();
    const browser = await TestBrowser.create(instance);
    expect(await browser.ask('{ viewer { id } }')).toMatchObject({ status: 200 });
  });

  test('keys of a week ago do not serve: 503, so that nobody is signed out for it', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    await instance.down();
    await cloud.down();
    const nextWeek = { ...systemClock, now: () => Date.now() + 8 * 24 * 3_600_000 };
    await instance.up({ clock: nextWeek });
    const browser = await TestBrowser.create(instance);
    const { status, code } = await browser.ask('{ viewer { id } }');
    expect(status).toBe(503);
    expect(code).toBe('cloud_unavailable');
  });
});

test('the instance token is renewed before it expires', async () => {
  await using cloud = await TestCloud.start();
  cloud.instanceTokenSeconds = 4;
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const deadline = Date.now() + 8_000;
  while (cloud.instanceTokens.size < 2 && Date.now() < deadline) await sleep(50);
  expect(cloud.instanceTokens.size).toBeGreaterThanOrEqual(2);
  expect(cloud.clients.size).toBe(1);
});

describe('a start that cannot succeed', () => {
  test('a second start on the same data names the process', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await expect(createInstance(instance.config)).rejects.toMatchObject({
      code: 'data_directory_locked',
      message: expect.stringContaining(`pid ${process.pid}`),
    });
  });

  test('a port in use, and nothing stays open', async () => {
    await using cloud = await TestCloud.start();
    await using first = await TestInstance.start(cloud);
    const port = Number(new URL(first.url).port);
    const dataPath = join(first.root, 'second');
    const config = { ...first.config, dataPath, listen: { host: '127.0.0.1', port } };
    await expect(createInstance(config)).rejects.toThrow(
      new StartupError(
        'address_in_use',
        `Port ${port} on 127.0.0.1 is already in use. Stop the other program or choose another with --listen HOST:PORT.`,
      ),
    );
    await using _second = await createInstance({ ...config, listen: { host: '127.0.0.1', port: 0 } });
  });

  test('another cloud than the one it is registered at', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    await instance.down();
    await expect(createInstance({ ...instance.config, cloud: 'https://other.test' })).rejects.toMatchObject({
      code: 'cloud_changed',
      message: expect.stringContaining(`--cloud ${cloud.issuer}`),
    });
  });

  test('a web app that is not built', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    const config = {
      ...instance.config,
      dataPath: join(instance.root, 'second'),
      webApp: join(instance.root, 'none'),
    };
    await expect(createInstance(config)).rejects.toMatchObject({
      code: 'web_app_not_built',
      message: expect.stringContaining('npm run build'),
    });
    if (process.platform === 'win32') return;
    await mkdir(config.webApp);
    await putPipe(join(config.webApp, 'index.html'));
    await expect(createInstance(config)).rejects.toMatchObject({ code: 'web_app_not_built' });
  });

  test('secrets that are damaged: nothing is registered anew', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    await instance.down();
    const path = join(instance.config.dataPath, 'secrets.db');
    await writeFile(path, 'damaged');
    await expect(instance.up()).rejects.toMatchObject({
      code: 'secrets_damaged',
      message: expect.stringContaining(path),
    });
    expect(await readFile(path, 'utf8')).toBe('damaged');
    expect(cloud.clients.size).toBe(1);
  });

  test('row 46: secrets of another instance of this user: nothing is changed', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await using other = await TestInstance.start(cloud);
    await Promise.all([instance.untilRegistered(), other.untilRegistered()]);
    await Promise.all([instance.down(), other.down()]);
    const path = join(instance.config.dataPath, 'secrets.db');
    const foreign = await readFile(join(other.config.dataPath, 'secrets.db'));
    await writeFile(path, foreign);
    const keys = other.config.keys;
    await expect(createInstance({ ...instance.config, keys })).rejects.toMatchObject({
      code: 'secrets_of_another',
      message: expect.stringContaining(path),
    });
    expect(await readFile(path)).toEqual(foreign);
  });

  test.each([
    { gone: ['secrets.db'], code: 'secrets_missing' },
    { gone: ['layout'], code: 'data_path_unusable' },
    { gone: ['layout', 'secrets.db'], code: 'data_path_unusable' },
  ])(
    'row 46: $gone gone, though the directory was in use: nothing is registered anew',
    async ({ gone, code }) => {
      await using cloud = await TestCloud.start();
      await using instance = await TestInstance.start(cloud);
      await instance.untilRegistered();
      await instance.down();
      const { dataPath } = instance.config;
      const left = (await readdir(dataPath)).filter((name) => !gone.includes(name)).sort();
      for (const name of gone) await rm(join(dataPath, name));
      await expect(instance.up()).rejects.toMatchObject({
        code,
        message: expect.stringContaining(`${join(dataPath, gone[0] as string)} is missing`),
      });
      expect((await readdir(dataPath)).sort()).toEqual(left);
      expect(cloud.clients.size).toBe(1);
    },
  );
});

test.each(['lock', 'secrets.db'])(
  'row 47: an instance whose %s was removed saves nothing, and says so',
  async (name) => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud);
    await instance.untilConnected();
    const code = await instance.claimCode();
    const { dataPath } = instance.config;
    const rest = async () => readFile(join(dataPath, 'secrets.db')).catch(() => 'none');
    await rm(join(dataPath, name));
    const before = await rest();
    const browser = await TestBrowser.create(instance);
    await expect(browser.claim(code)).rejects.toThrow('look into its log');
    expect(await rest()).toEqual(before);
    expect(instance.logLines.join('')).toMatch(
      /was (?:removed|replaced) or re\w+ .* while this instance was running/,
    );
    expect((await instance.anonymously('{ instance { state } }')).data).toEqual({
      instance: { state: 'UNCLAIMED' },
    });
  },
);
