import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../src/clock.ts';
import type { StartupQuestions } from '../src/instance.ts';
import { runCommand, startCommand, untilPrinted } from './command.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';
import { watchedDisk } from './watched-disk.ts';

const key = `hfkey_${'A'.repeat(42)}B`;
const anotherKey = `hfkey_${'A'.repeat(42)}C`;
const withKey = (value = key): StartupQuestions => ({ registrationKey: async () => value });
const withoutReading: StartupQuestions = {
  registrationKey: async () => {
    throw new Error('The key is not needed.');
  },
};

/** Tries again at once what failed. */
const impatientClock: Clock = {
  now: Date.now,
  sleep: async (milliseconds, signal) => sleep(Math.min(milliseconds, 20), undefined, { signal }),
};

let cloud: TestCloud;

beforeEach(async () => {
  cloud = await TestCloud.start();
  cloud.registrationKeys.set(key, 'workspace-1');
});

afterEach(async () => cloud[Symbol.asyncDispose]());

const registrations = () => cloud.requests.filter((request) => request === 'POST /reg').length;

const start = async (questions: StartupQuestions, overrides = {}) =>
  TestInstance.start(cloud, {}, { clock: impatientClock, ...overrides }, questions);

/** Resolves with the words of the notice that the key was refused. */
async function refusalAt(instance: TestInstance): Promise<string> {
  let message = '';
  await instance.until(({ state, notices }) => {
    message = notices.find(({ code }) => code === 'REGISTRATION_KEY_REFUSED')?.message ?? '';
    return state === 'UNREGISTERED' && message !== '';
  });
  return message;
}

const hasCodeFile = async (instance: TestInstance) =>
  access(instance.claimCodePath).then(
    () => true,
    () => false,
  );

describe('row 6: an instance that is started with a registration key', () => {
  test('is the workspace’s at once: without a claim code, with its name, and nobody else gets in', async () => {
    await using instance = await start(withKey());
    expect(instance.handle.claimUrl).toBeUndefined();
    await instance.until(({ state }) => state === 'CLAIMED');
    expect(await hasCodeFile(instance)).toBe(false);
    const owner = await TestBrowser.create(instance);
    const { data } = await owner.ask(`{ instance { name owner { workspace { id } } }
      auditEntries(first: 9, filter: { actions: [CLAIMED] }) { edges { node { outcome detail actor { id } } } } }`);
    expect(data).toMatchObject({
      instance: { name: 'Build machine', owner: { workspace: { id: 'workspace-1' } } },
      auditEntries: {
        edges: [{ node: { outcome: 'SUCCEEDED', detail: 'by registration key', actor: null } }],
      },
    });
    const stranger = await TestBrowser.create(instance, { workspace: 'workspace-2' });
    expect((await stranger.ask('{ instance { name } }')).code).toBe('access_denied');
    expect((await owner.claim('00000-00000')).__typename).toBe('AlreadyClaimed');
  });

  test('never needs the key again, which may be gone', async () => {
    await using instance = await start(withKey());
    await instance.until(({ state }) => state === 'CLAIMED');
    await instance.down();
    await instance.up({}, withoutReading);
    await instance.until(({ state }) => state === 'CLAIMED');
    expect(registrations()).toBe(1);
  });

  test('keeps its owner when its cloud forgets it, and registers no more', async () => {
    await using instance = await start(withKey());
    await instance.until(({ state }) => state === 'CLAIMED');
    await instance.down();
    cloud.clients.clear();
    cloud.instanceTokens.clear();
    cloud.registrationKeys.set(key, 'workspace-2');
    await instance.up({ clock: impatientClock }, withKey());
    await sleep(200);
    await instance.until(({ state }) => state === 'CLAIMED');
    expect(registrations()).toBe(1);
  });

  test('whose key is refused says so, does not try again, and does not register for nobody', async () => {
    await using instance = await start(withKey(anotherKey));
    expect(await refusalAt(instance)).toMatch(
      /refuses the registration key.* Have an owner .* make a new one/,
    );
    await sleep(200);
    expect([registrations(), cloud.clients.size]).toEqual([1, 0]);
    expect(await hasCodeFile(instance)).toBe(false);
    const warnings = instance.logLines.filter((line) => line.includes('REGISTRATION_KEY_REFUSED'));
    expect(warnings).toHaveLength(1);
    // The same words once more: nothing says that it was presented before.
    await instance.down();
    await instance.up({}, withKey(anotherKey));
    expect(await refusalAt(instance)).not.toContain('already, and was interrupted');
    await instance.down();
    await instance.up({}, withKey());
    await instance.until(({ state }) => state === 'CLAIMED');
  });

  test('waits for a cloud that is away', async () => {
    await cloud.down();
    await using instance = await start(withKey());
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
    await cloud.up();
    await instance.until(({ state, notices }) => state === 'CLAIMED' && notices.length === 0);
  });

  test('at a cloud that knows no keys gives that registration up, and stays nobody’s', async () => {
    cloud.knowsRegistrationKeys = false;
    await using instance = await start(withKey());
    expect(await refusalAt(instance)).toContain('knows nothing of registration keys');
    await sleep(200);
    expect([registrations(), cloud.clients.size]).toEqual([1, 0]);
  });

  test('whose cloud quotes the key does not repeat it', async () => {
    cloud.fault = async (request) => {
      if (new URL(request.url).pathname !== '/reg') return undefined;
      const sent = request.headers.get('authorization') ?? '';
      const error_description = `You sent ${sent}, ${Buffer.from(sent).toString('base64')}`;
      return Response.json({ error: 'invalid_request', error_description }, { status: 400 });
    };
    await using instance = await start(withKey());
    let message = '';
    await instance.until(({ notices }) => {
      message = notices.find(({ code }) => code === 'REGISTRATION_REFUSED')?.message ?? '';
      return message !== '';
    });
    const told = `${message}${instance.logLines.join('')}`;
    expect(told).not.toContain(key.slice(6));
    expect(told).not.toContain(Buffer.from(`Bearer ${key}`).toString('base64').slice(0, 40));
  });

  test('that was registered for nobody before says that the key does nothing', async () => {
    await using instance = await start({});
    await instance.untilRegistered();
    await instance.down();
    await instance.up({}, withoutReading);
    await instance.until(({ state }) => state === 'UNCLAIMED');
    expect(instance.handle.claimUrl).toContain('#claim=');
    expect(instance.logLines.join('')).toContain('The registration key is not used');
  });

  test('and starts over is the workspace’s of the key', async () => {
    cloud.registrationKeys.set(anotherKey, 'workspace-2');
    await using instance = await start(withKey());
    await instance.until(({ state }) => state === 'CLAIMED');
    await instance.down();
    await instance.up({}, { ...withKey(anotherKey), confirmReset: async () => true });
    await instance.until(({ state }) => state === 'CLAIMED');
    const owner = await TestBrowser.create(instance, { workspace: 'workspace-2' });
    expect((await owner.ask('{ instance { owner { workspace { id } } } }')).data).toEqual({
      instance: { owner: { workspace: { id: 'workspace-2' } } },
    });
  });

  test('does not start over when the key cannot be read, nor need it where it has started over', async () => {
    await using instance = await start(withKey());
    await instance.until(({ state }) => state === 'CLAIMED');
    await instance.down();
    const unreadable = { ...withoutReading, confirmReset: async () => true };
    await expect(instance.up({}, unreadable)).rejects.toThrow('The key is not needed.');
    await instance.up();
    await instance.until(({ state }) => state === 'CLAIMED');
    await instance.down();

    cloud.registrationKeys.set(anotherKey, 'workspace-1');
    await instance.up({}, { ...withKey(anotherKey), confirmReset: async () => true });
    await instance.until(({ state }) => state === 'CLAIMED');
    await instance.down();
    await instance.up({}, unreadable);
    await instance.until(({ state }) => state === 'CLAIMED');
  });

  test('leaves the key nowhere: not on the disk, not in the log', async () => {
    cloud.registrationKeys.set(anotherKey, 'workspace-1');
    await using refused = await start(withKey(`hfkey_${'A'.repeat(42)}D`));
    await refusalAt(refused);
    await using instance = await start(withKey());
    await instance.until(({ state }) => state === 'CLAIMED');
    for (const { everythingOnDisk, logLines } of [
      { everythingOnDisk: await refused.everythingOnDisk(), logLines: refused.logLines },
      { everythingOnDisk: await instance.everythingOnDisk(), logLines: instance.logLines },
    ]) {
      expect(logLines.join('')).not.toContain('A'.repeat(42));
      for (const [path, content] of everythingOnDisk)
        expect(content.includes('A'.repeat(42)), path).toBe(false);
    }
  });
});

describe('row 6: a cloud that lies', () => {
  test('makes no instance somebody’s that presented no key', async () => {
    cloud.fault = async (request) => {
      if (request.method !== 'POST' || new URL(request.url).pathname !== '/reg') return undefined;
      cloud.owner = {
        workspace: 'workspace-2',
        workspace_name: 'Thief',
        claimed_at: new Date().toISOString(),
      };
      cloud.fault = () => undefined;
      const answer = await fetch(`${cloud.issuer}/reg`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: await request.text(),
      });
      const body = (await answer.json()) as { client_id: string };
      return Response.json({ ...body, instance: { client_id: body.client_id, owner: cloud.owner } }, answer);
    };
    await using instance = await TestInstance.start(cloud);
    await instance.untilConnected();
    await instance.until(({ state }) => state === 'UNCLAIMED');
    expect(instance.handle.claimUrl).toContain('#claim=');
  });
});

describe('row 6: between the answer and its being saved', () => {
  test('a save that fails is repeated, not the registration', async () => {
    let failures = 0;
    const steps = watchedDisk((step) => {
      // Before the answer came, it is not this save.
      if (step !== 'rename' || cloud.clients.size === 0 || failures === 3) return;
      failures += 1;
      throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'rename' });
    });
    await using instance = await start(withKey(), { steps });
    await instance.until(({ state }) => state === 'CLAIMED');
    expect([failures, registrations()]).toEqual([3, 1]);
  });

  test('the key is not presented while the disk is full', async () => {
    let isFull = false;
    const steps = watchedDisk(() => {
      if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' });
    });
    await cloud.down();
    await using instance = await start(withKey(), { steps });
    isFull = true;
    await cloud.up();
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'SECRETS_NOT_SAVED'));
    expect(registrations()).toBe(0);
    isFull = false;
    await instance.until(({ state }) => state === 'CLAIMED');
  });

  test.each(['at once', 'after a restart'])(
    'an answer that got lost is got %s: the cloud knows the attempt, and counts no second use',
    async (when) => {
      cloud.losesRegistrations = true;
      await using instance = await start(withKey());
      await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
      const [attempt = ''] = cloud.attempts.keys();
      const name = /^hfkey_[\w-]{43} "([\w-]{43})"$/.exec(attempt)?.[1] ?? 'no name';
      const assertHidden = async () => {
        const files = await instance.everythingOnDisk();
        for (const [path, content] of files) expect(content.includes(name), path).toBe(false);
        expect(instance.logLines.join('')).not.toContain(name);
      };
      if (when === 'after a restart') {
        await instance.down();
        await assertHidden();
      }
      cloud.losesRegistrations = false;
      if (when === 'after a restart') await instance.up({}, withKey());
      await instance.until(({ state }) => state === 'CLAIMED');
      expect([cloud.clients.size, [...cloud.attempts.keys()]]).toEqual([1, [`${key} "${name}"`]]);
      await assertHidden();
    },
  );

  test.each(['at once', 'after a restart'])(
    'an answer that got lost for too long is told %s: that the key was used, and what to do',
    async (when) => {
      cloud.fault = async (request) => {
        if (new URL(request.url).pathname !== '/reg') return undefined;
        cloud.registrationKeys.delete(key);
        cloud.fault = when === 'at once' ? () => undefined : () => new Response(null, { status: 503 });
        return new Response(null, { status: 503 });
      };
      await using instance = await start(withKey());
      if (when === 'after a restart') {
        await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
        await instance.down();
        cloud.fault = () => undefined;
        await instance.up({}, withKey());
      }
      const words = /presented it on \d{4}-.* already, and was interrupted .* used up .* make a new one/;
      expect(await refusalAt(instance)).toMatch(words);
      // So it is at every start until there is a new key, with which it goes on.
      await instance.down();
      await instance.up({}, withKey());
      expect(await refusalAt(instance)).toMatch(words);
      cloud.registrationKeys.set(anotherKey, 'workspace-1');
      await instance.down();
      await instance.up({}, withKey(anotherKey));
      await instance.until(({ state }) => state === 'CLAIMED');
    },
  );
});

describe('holdfast serve', () => {
  /** An instance that has never connected, for a command to serve. */
  async function newPlace(): Promise<TestInstance> {
    await cloud.down();
    const instance = await TestInstance.start(cloud);
    await instance.down();
    await cloud.up();
    return instance;
  }

  test.each(['a file', 'the environment'])(
    'registers with a key from %s, and prints no claim code',
    async (from) => {
      await using instance = await newPlace();
      const file = join(instance.root, 'registration.key');
      await writeFile(file, `${key}\n`, { mode: 0o600 });
      const [flags, environment] =
        from === 'a file'
          ? [['--registration-key-file', file], {}]
          : [[], { HOLDFAST_REGISTRATION_KEY: key }];
      const served = startCommand([...instance.serveArguments, ...flags], {
        ...instance.commandEnvironment,
        ...environment,
      });
      await untilPrinted(served, 'claimed by registration key');
      await untilPrinted(served, 'Its cloud is');
      served.process.kill('SIGTERM');
      await once(served.process, 'close');
      expect(served.output).not.toContain('#claim=');
      expect(served.output).not.toContain('Nobody owns');
      expect(`${served.output}${served.errors}`).not.toContain(key.slice(6));
      expect(cloud.owner?.workspace).toBe('workspace-1');
    },
  );

  test('does not start without the key that it was told of, and contacts no cloud', async () => {
    await using instance = await newPlace();
    const before = cloud.requests.length;
    const { exitCode, output, errors } = await runCommand(
      [...instance.serveArguments, '--registration-key-file', join(instance.root, 'nothing')],
      instance.commandEnvironment,
    );
    expect([exitCode, output]).toEqual([1, '']);
    expect(errors).toMatch(
      /^The registration key file .*nothing is missing\. Name the right one with --reg.*\n$/,
    );
    expect(cloud.requests).toHaveLength(before);
  });

  test('ends with exit code 1 and what to do when the cloud refuses the key, and begins again with another', async () => {
    await using instance = await newPlace();
    cloud.registrationKeys.delete(key);
    const environment = { ...instance.commandEnvironment, HOLDFAST_REGISTRATION_KEY: key };
    const { exitCode, errors } = await runCommand(instance.serveArguments, environment);
    expect(exitCode).toBe(1);
    expect(errors).toMatch(/^The cloud .* refuses the registration key.* make a new one.*$/m);
    expect(errors).not.toContain(key.slice(6));
    cloud.registrationKeys.set(key, 'workspace-1');
    const served = startCommand(instance.serveArguments, environment);
    await untilPrinted(served, 'claimed by registration key');
    served.process.kill('SIGTERM');
    await once(served.process, 'close');
  });

  test('takes no key as an argument, and does not repeat it', async () => {
    const { exitCode, errors } = await runCommand(['serve', `--registration-key=${key}`]);
    expect(exitCode).toBe(1);
    expect(errors).not.toContain(key.slice(6));
  });
});
