import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createBackup } from '../src/backup/create-backup.ts';
import { restoreBackup } from '../src/backup/restore-backup.ts';
import { passphrase } from './backup-place.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

test('an instance moves with its identity and its owner, backed up while it runs and is being changed', async () => {
  await using elsewhere = await temporaryDirectory();
  await using cloud = await TestCloud.start();
  const file = join(elsewhere.path, 'x.backup');
  const browser = await (async () => {
    await using instance = await TestInstance.start(cloud);
    await instance.untilRegistered();
    const owner = await TestBrowser.create(instance);
    expect(await owner.claim(await instance.claimCode())).toMatchObject({ __typename: 'InstanceClaimed' });

    let renamed = 0;
    const isBackedUp = new AbortController();
    const renaming = (async () => {
      for (; !isBackedUp.signal.aborted || renamed === 0; renamed += 1) {
        const { errors } = await owner.ask(
          `mutation { renameInstance(name: "Lab ${renamed}") { __typename } }`,
        );
        expect(errors).toEqual([]);
      }
    })();
    const { manifest, leftOut } = await createBackup({
      dataPath: instance.config.dataPath,
      keys: instance.config.keys,
      file,
      passphrase,
    });
    isBackedUp.abort();
    await renaming;
    expect(manifest.files.map(({ name }) => name)).toEqual(['layout', 'secrets.db', 'instance.db']);
    expect(leftOut).toEqual([]);
    return owner;
  })();
  const registrations = () => cloud.requests.filter((request) => request === 'POST /reg').length;
  expect(registrations()).toBe(1);

  const keys = {
    directory: join(elsewhere.path, 'unused'),
    source: 'passphrase' as const,
    passphrase: async () => Buffer.from('of the other machine'),
  };
  const dataPath = join(elsewhere.path, 'data');
  const restored = await restoreBackup({ file, passphrase, dataPath, keys });
  expect(restored).toMatchObject({ cloud: cloud.issuer, protection: { keySource: 'passphrase' } });

  await using moved = await TestInstance.start(
    cloud,
    { dataPath, keys: { directory: keys.directory } },
    {},
    { passphrase: keys.passphrase },
  );
  expect(moved.handle.claimUrl).toBeUndefined();
  await moved.until(({ state, notices }) => state === 'CLAIMED' && notices.length === 0);
  const { data } = await moved.anonymously('{ instance { id } }');
  expect(data).toEqual({ instance: { id: cloud.clientId } });
  const owner = await TestBrowser.create(moved, browser.claims);
  const { data: seen } = await owner.ask('{ instance { name owner { workspace { id } } } }');
  expect(seen?.instance).toMatchObject({
    name: expect.stringMatching(/^Lab/),
    owner: { workspace: { id: 'workspace-1' } },
  });
  const stranger = await TestBrowser.create(moved, { sub: 'account-2', workspace: 'workspace-2' });
  expect((await stranger.ask('{ viewer { id } }')).status).toBe(403);
  expect(registrations()).toBe(1);
  expect(cloud.clients.size).toBe(1);
});
