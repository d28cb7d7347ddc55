import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { defaultClaimWindowSeconds } from '../src/claim/claim-code.ts';
import type { Clock } from '../src/clock.ts';
import type { IntendedReset } from '../src/credentials-reset.ts';
import { SecretsStore } from '../src/secrets/secrets-store.ts';
import { type Fault, TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

/** The flag, and a yes to what it asks. */
const reset = { confirmReset: async () => true };

/** Fails the test when a person is asked. */
const resetUnasked = {
  confirmReset: async (): Promise<boolean> => {
    throw new Error('There was nothing to ask.');
  },
};

/** Connects to the cloud again and again instead of when the token ends. */
const impatientClock: Clock = {
  now: Date.now,
  sleep: async (milliseconds, signal) =>
    sleep(
      milliseconds === defaultClaimWindowSeconds * 1_000 ? milliseconds : Math.min(milliseconds, 20),
      undefined,
      {
        signal,
      },
    ),
};

/** An instance that workspace-1 claimed; it is down. */
async function claimedInstance(cloud: TestCloud): Promise<TestInstance> {
  const instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const browser = await TestBrowser.create(instance);
  expect(await browser.claim(await instance.claimCode())).toMatchObject({ __typename: 'InstanceClaimed' });
  await instance.down();
  return instance;
}

/** Claims the unclaimed instance for another account than the first one. */
async function claimForBob(instance: TestInstance): Promise<void> {
  const bob = await TestBrowser.create(instance, { workspace: 'workspace-2' });
  expect(await bob.claim(await instance.claimCode())).toMatchObject({ __typename: 'InstanceClaimed' });
}

async function idOf(instance: TestInstance): Promise<string | null> {
  const { data } = await instance.anonymously('{ instance { id } }');
  return (data as { instance: { id: string | null } }).instance.id;
}

const deletionsAt = (cloud: TestCloud) => cloud.requests.filter((request) => request.startsWith('DELETE '));
const registrationsAt = (cloud: TestCloud) => cloud.requests.filter((request) => request === 'POST /reg');

const refuseDeletion: Fault = ({ method }) =>
  method === 'DELETE' ? new Response('', { status: 503 }) : undefined;

/** Resolves once the condition holds. */
const eventually = async (condition: () => boolean) => vi.waitUntil(condition, 10_000);

const logOf = ({ logLines }: TestInstance) => logLines.join('');

async function savedRecords({ config }: TestInstance): Promise<string[]> {
  using secrets = await SecretsStore.inspect({
    path: join(config.dataPath, 'secrets.db'),
    dataPath: config.dataPath,
    keys: config.keys,
  });
  return secrets.names.toSorted();
}

test('a reset ends the registration, the owner and every sign-in, and the next person can claim', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await claimedInstance(cloud);
  const formerId = cloud.clientId;
  const ann = await TestBrowser.create(instance);
  const formerHeaders = {
    authorization: `DPoP ${await cloud.accessToken(ann.key)}`,
  };

  const asked: IntendedReset[] = [];
  const confirmReset = async (intended: IntendedReset) => asked.push(intended) > 0;
  await instance.up({}, { confirmReset });
  expect(asked).toEqual([
    { dataPath: instance.config.dataPath, registration: expect.objectContaining({ clientId: formerId }) },
  ]);
  await instance.until(({ state }) => state === 'UNCLAIMED');

  expect(cloud.requests.findLast((request) => /^DELETE|POST \/reg/.test(request))).toBe('POST /reg');
  expect(deletionsAt(cloud)).toEqual([`DELETE /reg/${formerId}`]);
  expect([...cloud.clients.keys()]).toEqual([await idOf(instance)]);
  expect(await idOf(instance)).not.toBe(formerId);
  expect(instance.handle.claimUrl).toContain(`${instance.url}/#claim=${await instance.claimCode()}.`);

  const refused = await instance.anonymously('{ viewer { id } }', formerHeaders);
  expect([refused.status, refused.code]).toEqual([401, 'invalid_token']);
  await claimForBob(instance);
  const { data, status } = await (await TestBrowser.create(instance, { workspace: 'workspace-2' })).ask(
    '{ instance { state owner { workspace { id } } } }',
  );
  expect(data).toEqual({ instance: { state: 'CLAIMED', owner: { workspace: { id: 'workspace-2' } } } });
  expect(status).toBe(200);
  expect((await ann.ask('{ viewer { id } }')).code).toBe('access_denied');
});

describe('a flag that stays in a service file has its effect once', () => {
  test('on an instance that was somebody’s', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    await claimForBob(instance);
    const id = await idOf(instance);
    for (let start = 0; start < 2; start += 1) {
      await instance.down();
      instance.logLines.length = 0;
      await instance.up({}, resetUnasked);
      await instance.until(({ state, notices }) => state === 'CLAIMED' && notices.length === 0);
      expect(await idOf(instance)).toBe(id);
      expect(logOf(instance)).toMatch(
        /were reset at \d{4}-\d\d-\d\dT[\d:.]+Z already, so they are kept\. Remove --reset-credentials;/,
      );
    }
    expect(deletionsAt(cloud)).toHaveLength(1);
    expect(registrationsAt(cloud)).toHaveLength(2);
  });

  test('on a new instance, whose first owner stays its owner', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await TestInstance.start(cloud, {}, {}, resetUnasked);
    await instance.untilRegistered();
    await claimForBob(instance);
    await instance.down();
    await instance.up({}, resetUnasked);
    await instance.until(({ state }) => state === 'CLAIMED');
    expect(deletionsAt(cloud)).toEqual([]);
    expect(registrationsAt(cloud)).toHaveLength(1);
  });

  test('and once more after a start without it', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    await claimForBob(instance);
    await instance.down();
    await instance.up();
    await instance.until(({ state }) => state === 'CLAIMED');
    await instance.down();
    expect(await savedRecords(instance)).not.toContain('credentials_reset');
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    expect(deletionsAt(cloud)).toHaveLength(2);
  });
});

describe('row 51: asking first', () => {
  test('a no changes nothing, neither here nor at the cloud', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    const [files, requests] = [await instance.everythingOnDisk(), [...cloud.requests]];
    await expect(instance.up({}, { confirmReset: async () => false })).rejects.toMatchObject({
      name: 'StartupError',
      code: 'reset_declined',
      message: 'Nothing was changed.',
    });
    expect(await instance.everythingOnDisk()).toEqual(files);
    expect(cloud.requests).toEqual(requests);
    await instance.up();
    await instance.until(({ state }) => state === 'CLAIMED');
  });

  test('what cannot be opened is not asked about: damaged secrets stop the start as ever', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    await writeFile(join(instance.config.dataPath, 'secrets.db'), 'damaged');
    const files = await instance.everythingOnDisk();
    await expect(instance.up({}, resetUnasked)).rejects.toMatchObject({
      code: 'secrets_damaged',
    });
    expect(await instance.everythingOnDisk()).toEqual(files);
  });
});

describe('secrets that are gone', () => {
  async function withoutSecrets(cloud: TestCloud): Promise<TestInstance> {
    const instance = await claimedInstance(cloud);
    const path = join(instance.config.dataPath, 'secrets.db');
    await rename(path, join(instance.root, 'secrets.db.damaged'));
    return instance;
  }

  test('are made anew once that was confirmed, and the instance is nobody’s', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await withoutSecrets(cloud);
    const asked: IntendedReset[] = [];
    await instance.up({}, { confirmReset: async (intended) => asked.push(intended) > 0 });
    expect(asked).toEqual([{ dataPath: instance.config.dataPath, registration: undefined }]);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    cloud.owner = null;
    await claimForBob(instance);
    await instance.down();
    await instance.up({}, resetUnasked);
    await instance.until(({ state }) => state === 'CLAIMED');
  });

  test('stay gone after a no', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await withoutSecrets(cloud);
    const files = await instance.everythingOnDisk();
    await expect(instance.up({}, { confirmReset: async () => false })).rejects.toMatchObject({
      code: 'reset_declined',
    });
    expect(await instance.everythingOnDisk()).toEqual(files);
  });

  test('row 50: open nothing without the flag', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await withoutSecrets(cloud);
    await expect(instance.up()).rejects.toMatchObject({
      code: 'secrets_missing',
      message: expect.stringContaining('--reset-credentials'),
    });
    expect(existsSync(join(instance.config.dataPath, 'secrets.db'))).toBe(false);
  });
});

describe('the cloud, which has to be told', () => {
  test('hears it once, also when the instance crashed before it could say so', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    const formerId = cloud.clientId;
    await cloud.down();
    await instance.up({}, reset);
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
    await instance.down();
    expect(await savedRecords(instance)).toEqual(['credentials_reset', 'pending_deregistration']);
    await cloud.up();
    await instance.up({ clock: impatientClock });
    await instance.until(({ state }) => state === 'UNCLAIMED');
    await eventually(() => cloud.requests.filter((request) => request === 'GET /api/instance').length > 5);
    expect(deletionsAt(cloud)).toEqual([`DELETE /reg/${formerId}`]);
    expect([...cloud.clients.keys()]).toEqual([await idOf(instance)]);
    await instance.down();
    expect(await savedRecords(instance)).toEqual([
      'cloud_keys',
      'instance_token',
      'registration',
      'registration_management',
    ]);
  });

  test('and does not answer for long: nothing waits for it, and it hears it in the end', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    const formerId = cloud.clientId;
    cloud.fault = refuseDeletion;
    await instance.up({ clock: impatientClock }, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    await eventually(() => deletionsAt(cloud).length > 3);
    expect(instance.logLines.filter((line) => line.includes('cannot be told yet'))).toHaveLength(1);
    cloud.fault = () => undefined;
    await eventually(() => !cloud.clients.has(formerId));
    await eventually(() => logOf(instance).includes('"outcome":"deleted"'));
    const { length } = deletionsAt(cloud);
    await instance.down();
    await instance.up({ clock: impatientClock });
    await instance.untilRegistered();
    expect(deletionsAt(cloud)).toHaveLength(length);
  });

  test.each([
    [401, 'already gone'],
    [404, 'already gone'],
    [405, 'refused'],
  ])('and answers %i: %s, so it is asked no more', async (status, outcome) => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    cloud.fault = ({ method }) => (method === 'DELETE' ? new Response('', { status }) : undefined);
    await instance.up({ clock: impatientClock }, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    await eventually(() => cloud.requests.filter((request) => request === 'GET /jwks').length > 5);
    expect(deletionsAt(cloud)).toHaveLength(1);
    expect(logOf(instance)).toContain(`"outcome":"${outcome}"`);
  });

  test('is another one than the new one: each hears what concerns it', async () => {
    await using former = await TestCloud.start();
    await using next = await TestCloud.start();
    await using instance = await claimedInstance(former);
    const formerId = former.clientId;
    instance.moveTo(next);
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    expect(deletionsAt(former)).toEqual([`DELETE /reg/${formerId}`]);
    expect(deletionsAt(next)).toEqual([]);
    expect([former.clients.size, next.clients.size]).toEqual([0, 1]);
    await claimForBob(instance);
  });

  test('is another one and gone: the instance is at home in the new one, and tells the old one when it is back', async () => {
    await using former = await TestCloud.start();
    await using next = await TestCloud.start();
    await using instance = await claimedInstance(former);
    await former.down();
    instance.moveTo(next);
    await instance.up({ clock: impatientClock }, reset);
    await instance.until(({ state, notices }) => state === 'UNCLAIMED' && notices.length === 0);
    await claimForBob(instance);
    await former.up();
    await eventually(() => former.clients.size === 0);
    expect(deletionsAt(former)).toHaveLength(1);
    await instance.until(({ state }) => state === 'CLAIMED');
  });

  test('is told of the last registration when a second reset comes before the first was told', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    const first = cloud.clientId;
    cloud.fault = refuseDeletion;
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    const second = cloud.clientId;
    await instance.down();
    const triedSoFar = deletionsAt(cloud).length;
    await instance.up();
    // Or the fault might be over before a request arrives that was sent under it.
    await eventually(() => deletionsAt(cloud).length > triedSoFar);
    await instance.down();
    instance.logLines.length = 0;
    cloud.fault = () => undefined;
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    expect(deletionsAt(cloud).at(-1)).toBe(`DELETE /reg/${second}`);
    expect([...cloud.clients.keys()]).toEqual([first, await idOf(instance)]);
    const [line] = instance.logLines.filter((text) => text.includes('is given up'));
    expect(line).toContain(`${cloud.issuer}/reg/${first}`);
  });

  test('is still told of the first registration when there has been no other since', async () => {
    await using cloud = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    const first = cloud.clientId;
    await cloud.down();
    for (const questions of [reset, {}, resetUnasked]) {
      await instance.up({}, questions);
      await instance.down();
    }
    expect(logOf(instance)).not.toContain('is given up');
    await cloud.up();
    await instance.up();
    await instance.until(({ state }) => state === 'UNCLAIMED');
    expect(deletionsAt(cloud)).toEqual([`DELETE /reg/${first}`]);
  });

  test('offers no deregistration: the log says that it keeps its record', async () => {
    await using cloud = await TestCloud.start();
    cloud.fault = registrationsWith(cloud, {});
    await using instance = await claimedInstance(cloud);
    cloud.fault = () => undefined;
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    expect(deletionsAt(cloud)).toEqual([]);
    expect(logOf(instance)).toContain('offers no deregistration');
  });

  test.each(['http://localhost:PORT/reg/valuable', 'https://cloud.example.com/reg/i1', 'nonsense'])(
    'has no say about other places: %s is left alone',
    async (uri) => {
      await using cloud = await TestCloud.start();
      await using elsewhere = await TestCloud.start();
      cloud.fault = registrationsWith(cloud, {
        registration_access_token: 'management-1',
        registration_client_uri: uri.replace('PORT', String(elsewhere.port)),
      });
      await using instance = await claimedInstance(cloud);
      cloud.fault = () => undefined;
      await instance.up({}, reset);
      await instance.until(({ state }) => state === 'UNCLAIMED');
      await instance.down();
      expect([cloud, elsewhere].flatMap(deletionsAt)).toEqual([]);
      expect(elsewhere.requests).toEqual([]);
      expect(await savedRecords(instance)).not.toContain('pending_deregistration');
    },
  );

  test('cannot redirect it to another place', async () => {
    await using cloud = await TestCloud.start();
    await using elsewhere = await TestCloud.start();
    await using instance = await claimedInstance(cloud);
    cloud.fault = ({ method }) =>
      method === 'DELETE' ? Response.redirect(`${elsewhere.issuer}/reg/valuable`, 307) : undefined;
    await instance.up({}, reset);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    await instance.down();
    expect(deletionsAt(cloud)).toHaveLength(1);
    expect(elsewhere.requests).toEqual([]);
    expect(await savedRecords(instance)).toContain('pending_deregistration');
  });
});

/** A cloud that answers registrations with these members beside the credentials. */
function registrationsWith(cloud: TestCloud, members: Record<string, string>): Fault {
  return ({ url }) => {
    if (!url.endsWith('/reg')) return undefined;
    const client = { client_id: 'i1', client_secret: 'secret-1', client_secret_expires_at: 0 };
    cloud.clients.set(client.client_id, client.client_secret);
    return Response.json({ ...client, ...members }, { status: 201 });
  };
}

test('row 50: a cloud that refuses the instance leads to no reset, with a spent flag or without one', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await claimedInstance(cloud);
  await instance.up({}, reset);
  await instance.until(({ state }) => state === 'UNCLAIMED');
  await claimForBob(instance);
  await instance.down();
  cloud.clients.clear();
  cloud.instanceTokens.clear();
  for (const questions of [resetUnasked, {}]) {
    await instance.up({ clock: impatientClock }, questions);
    await instance.until(
      ({ state, notices }) =>
        state === 'CLAIMED' && notices.some(({ code }) => code === 'CREDENTIALS_REFUSED'),
    );
    expect(instance.handle.claimUrl).toBeUndefined();
    expect(existsSync(instance.claimCodePath)).toBe(false);
    await instance.down();
  }
  expect(registrationsAt(cloud)).toHaveLength(2);
});

test('row 48: no token of the former or the new registration is in clear on the disk or in the log', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await claimedInstance(cloud);
  cloud.fault = refuseDeletion;
  const secretsOf = () => [
    ...cloud.clients.values(),
    ...cloud.managementTokens.values(),
    ...cloud.instanceTokens,
  ];
  const secrets = new Set(secretsOf());
  await instance.up({}, reset);
  await instance.until(({ state }) => state === 'UNCLAIMED');
  await eventually(() => deletionsAt(cloud).length > 0);
  for (const secret of secretsOf()) secrets.add(secret);
  await instance.down();
  expect(await savedRecords(instance)).toContain('pending_deregistration');
  const files = await instance.everythingOnDisk();
  cloud.fault = () => undefined;
  await instance.up();
  await eventually(() => cloud.clients.size === 1);
  await instance.down();
  expect(secrets.size).toBeGreaterThanOrEqual(6);
  for (const secret of secrets) {
    for (const [path, content] of [...files, ...(await instance.everythingOnDisk())])
      expect(content.includes(secret), path).toBe(false);
    expect(logOf(instance)).not.toContain(secret);
  }
});
