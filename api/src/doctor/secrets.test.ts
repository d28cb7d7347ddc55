import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  filledPlace,
  keyFileOf,
  type Place,
  place,
  snapshot,
  withFlippedBit,
} from '../../test/secrets-place.ts';
import { StartupError } from '../errors.ts';
import type { KeyAccess } from '../secrets/key-source.ts';
import { SecretsStore } from '../secrets/secrets-store.ts';
import { examineSecrets } from './secrets.ts';

const passphrase = async () => Buffer.from('correct horse battery staple');

async function examine({ root, location }: Place, keys: Partial<KeyAccess> = {}, mustExist = true) {
  const before = await snapshot(root);
  using examined = await examineSecrets({
    ...location,
    keys: { ...location.keys, ...keys },
    mustExist,
  });
  expect(await snapshot(root)).toEqual(before);
  return {
    findings: examined.findings,
    isOpen: examined.secrets !== undefined,
    last: examined.findings.at(-1),
  };
}

async function rewrapped(filled: Place, ...to: Parameters<SecretsStore['rewrap']>): Promise<void> {
  using secrets = await SecretsStore.open(filled.location);
  await secrets.rewrap(...to);
}

test('who interrupts the question for the passphrase has had enough', async () => {
  await using filled = await filledPlace();
  await rewrapped(filled, 'passphrase', { directory: '', passphrase });
  const interrupted = new StartupError('interrupted', 'No passphrase was entered.');
  await expect(examine(filled, { passphrase: async () => Promise.reject(interrupted) })).rejects.toBe(
    interrupted,
  );
});

test('a key file that opens the secrets', async () => {
  await using filled = await filledPlace();
  const { findings, isOpen } = await examine(filled);
  expect(findings).toEqual([
    {
      check: 'Secrets',
      verdict: 'ok',
      message: `${filled.location.path} has format 2 and is sealed with data key 1.`,
    },
    { check: 'Key source', verdict: 'ok', message: `Key file ${await keyFileOf(filled)}.` },
    { check: 'Key', verdict: 'ok', message: expect.stringContaining('opens the secrets') },
  ]);
  expect(isOpen).toBe(true);
});

describe('row 46: a key file', () => {
  const wrong = (message: string, remedy: string) => ({
    check: 'Key',
    verdict: 'problem',
    message: expect.stringContaining(message),
    remedy: expect.stringContaining(remedy),
  });

  test('that is lost', async () => {
    await using filled = await filledPlace();
    await rm(await keyFileOf(filled));
    const { findings, last } = await examine(filled);
    expect(last).toEqual(wrong('.key is missing.', '--key-file'));
    expect(findings[1]).toMatchObject({ check: 'Key source', message: expect.stringContaining('.key') });
  });

  test.skipIf(process.platform === 'win32')('that others may read', async () => {
    await using filled = await filledPlace();
    const path = await keyFileOf(filled);
    await chmod(path, 0o640);
    expect((await examine(filled)).last).toEqual(wrong('can be read by other users.', `chmod 600 ${path}`));
  });

  test('in the data directory', async () => {
    await using filled = await filledPlace();
    const inside = join(filled.location.dataPath, 'my.key');
    await copyFile(await keyFileOf(filled), inside);
    expect((await examine(filled, { file: inside })).last).toEqual(
      wrong('lies inside the data directory', '--key-file'),
    );
  });

  test('of another instance', async () => {
    await using filled = await filledPlace();
    await using other = await filledPlace();
    expect((await examine(filled, { file: await keyFileOf(other) })).last).toEqual(
      wrong('was not sealed with the key in', '--key-file'),
    );
  });

  test('where the secrets have a passphrase', async () => {
    await using filled = await filledPlace();
    await rewrapped(filled, 'passphrase', { directory: '', passphrase });
    expect((await examine(filled, { source: 'key-file' })).last).toEqual(
      wrong('protected by a passphrase, not by a key file', '--key-source passphrase'),
    );
  });
});

describe('a passphrase', () => {
  test('that is right, and one that is wrong', async () => {
    await using filled = await filledPlace();
    await rewrapped(filled, 'passphrase', { directory: '', passphrase });
    expect((await examine(filled, { passphrase })).findings).toMatchObject([
      { verdict: 'ok' },
      { verdict: 'ok', message: 'Passphrase.' },
      { verdict: 'ok' },
    ]);
    const wrong = async () => Buffer.from('canary horse battery staple');
    const { findings, last } = await examine(filled, { passphrase: wrong });
    expect(last).toMatchObject({
      verdict: 'problem',
      message: expect.stringContaining('not the passphrase'),
    });
    expect(JSON.stringify(findings)).not.toContain('canary');
  });

  test('that nobody is there to give: a warning, and the rest stays closed', async () => {
    await using filled = await filledPlace();
    await rewrapped(filled, 'passphrase', { directory: '', passphrase });
    const { last, isOpen } = await examine(filled);
    expect(last).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('Not opened'),
      remedy: expect.stringContaining('--passphrase-file'),
    });
    expect(isOpen).toBe(false);
  });
});

test('a systemd credential, within its unit and outside', async () => {
  await using filled = await filledPlace();
  const credentialsDirectory = filled.root;
  await copyFile(await keyFileOf(filled), join(credentialsDirectory, 'holdfast-key'));
  await rewrapped(filled, 'systemd-credential', { directory: '', credentialsDirectory });
  expect(await examine(filled, { credentialsDirectory })).toMatchObject({ isOpen: true });
  expect((await examine(filled)).last).toMatchObject({
    verdict: 'warning',
    remedy: expect.stringContaining('LoadCredentialEncrypted'),
  });
});

describe('secrets.db', () => {
  test('that is missing where it was, and where none has been', async () => {
    await using empty = await place();
    for (const mustExist of [true, false]) {
      expect((await examine(empty, {}, mustExist)).last).toMatchObject({
        check: 'Secrets',
        verdict: 'problem',
        message: expect.stringContaining(mustExist ? 'is missing' : 'There is no'),
      });
    }
  });

  test.skipIf(process.platform === 'win32')('whose key lies where others could replace it', async () => {
    await using filled = await filledPlace();
    await chmod(filled.location.keys.directory, 0o777);
    const { last, isOpen } = await examine(filled);
    expect(last).toMatchObject({
      check: 'Key',
      verdict: 'problem',
      message: expect.stringContaining(`${filled.location.keys.directory} can be written by other users`),
      remedy: expect.stringContaining('chmod go-w'),
    });
    expect(isOpen).toBe(true);
  });

  test.each([
    ['with a flipped bit', withFlippedBit],
    ['that is none', () => Buffer.from('nonsense')],
    ['of zeros', (content: Buffer) => content.fill(0)],
  ])('row 46: %s', async (_what, damage) => {
    await using filled = await filledPlace();
    await writeFile(filled.location.path, damage(await readFile(filled.location.path)));
    const { last, isOpen } = await examine(filled);
    expect(last).toMatchObject({
      check: 'Secrets',
      verdict: 'problem',
      message: expect.stringContaining(filled.location.path),
      remedy: expect.stringMatching(/^(Restore|Move) /),
    });
    expect(isOpen).toBe(false);
  });
});
