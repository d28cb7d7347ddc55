import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { expectRefused, type Place, place, tamper } from '../../test/secrets-place.ts';
import { readHeader } from './secrets-file.ts';
import { currentFormat } from './secrets-schema.ts';
import { SecretsStore } from './secrets-store.ts';

// Written by the version before this format, with a key file of 32 bytes 0x07.
const format1 = fileURLToPath(new URL('fixtures/secrets-format-1.db', import.meta.url));

async function placeOfFormat1(): Promise<Place> {
  const old = await place();
  const file = join(old.root, 'key');
  await writeFile(file, `${Buffer.alloc(32, 7).toString('base64url')}\n`, { mode: 0o600 });
  await copyFile(format1, old.location.path);
  return { ...old, location: { ...old.location, keys: { directory: '', file } } };
}

function expectContent(secrets: SecretsStore): void {
  expect(Object.fromEntries(secrets.names.map((name) => [name, secrets.read(name)]))).toEqual({
    registration: {
      issuer: 'http://localhost:7070',
      client_id: 'instance-of-format-1',
      client_secret: 'secret-of-format-1',
    },
    registration_management: {
      registration_access_token: 'management-of-format-1',
      registration_client_uri: 'http://localhost:7070/reg/instance-of-format-1',
    },
    instance_token: { access_token: 'token-of-format-1', expires_at: '1795600000000' },
    instance_name: { name: 'Lab' },
    instance_claim: {
      issuer: 'http://localhost:7070',
      workspace: 'workspace-1',
      workspace_name: 'Ann',
      claimed_at: '2026-11-24T12:00:00.000Z',
    },
  });
}

test('format 1 becomes the current format, once, with everything in it', async () => {
  await using old = await placeOfFormat1();
  {
    using secrets = await SecretsStore.open(old.location);
    expectContent(secrets);
  }
  const migrated = await readFile(old.location.path);
  expect((await readHeader(old.location.path, migrated)).format).toBe(currentFormat);
  using again = await SecretsStore.open(old.location);
  expectContent(again);
  expect(await readFile(old.location.path)).toEqual(migrated);
  await again.transaction((transaction) => transaction.put('instance_name', { name: 'Attic' }));
  expect(again.read('instance_name')).toEqual({ name: 'Attic' });
});

test('looking at format 1 leaves it as it is', async () => {
  await using old = await placeOfFormat1();
  using secrets = await SecretsStore.inspect(old.location);
  expectContent(secrets);
  expect(secrets.protection.format).toBe(1);
  expect(await readFile(old.location.path)).toEqual(await readFile(format1));
});

test('format 1 that was changed is refused and not migrated', async () => {
  await using old = await placeOfFormat1();
  await tamper(old, 'DELETE FROM instance_claim');
  await expectRefused(old, 'secrets_damaged', old.location.path);
});

test('format 1 with another key is refused and not migrated', async () => {
  await using old = await placeOfFormat1();
  await writeFile(join(old.root, 'key'), `${Buffer.alloc(32, 8).toString('base64url')}\n`);
  await expectRefused(old, 'key_unusable', join(old.root, 'key'));
});
