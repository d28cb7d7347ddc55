import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import { leadSeconds, readKeyPeriods, rotateSigningKey } from './key-rotation.ts';
import { retirementSeconds } from './key-schedule.ts';
import type { KeysFile } from './keys-file.ts';
import { readOrCreateServerKeys, type ServerKeys } from './signing-keys.ts';

const begin = 1_900_000_000;
const lead = leadSeconds.proposed;

let store: Awaited<ReturnType<typeof testDatabase>>;
let path: string;
let running: ServerKeys;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: begin * 1_000 });
  store = await testDatabase();
  path = join(dirname(store.path), 'keys.json');
  running = readOrCreateServerKeys(path);
});

afterEach(async () => {
  vi.useRealTimers();
  await store[Symbol.asyncDispose]();
});

const rotate = async (now: number, by: number | 'none', file = path) =>
  rotateSigningKey(store.database, file, now, by);
const stored = () => JSON.parse(readFileSync(path, 'utf8')) as KeysFile;
const kidsOf = (keys: readonly { kid: string }[]) => keys.map(({ kid }) => kid);
const passTo = (seconds: number) => vi.setSystemTime(seconds * 1_000);
/** What a process that runs, and one that starts now, do. */
const signing = () =>
  [running, readOrCreateServerKeys(path)].map(({ signingKeys }) => signingKeys.current.kid);

test('row 25: the new key is published at once and signs after the lead, in every process', async () => {
  const [old] = stored().signing_keys;
  const [, { key: added } = { key: undefined }] = await rotate(begin, lead);
  if (!old || !added) throw new Error('There are not two keys.');
  passTo(begin + 2);
  expect(kidsOf(running.signingKeys.published)).toEqual([old.kid, added.kid]);
  expect(signing()).toEqual([old.kid, old.kid]);
  passTo(begin + lead - 1);
  expect(signing()).toEqual([old.kid, old.kid]);
  passTo(begin + lead);
  expect(signing()).toEqual([added.kid, added.kid]);
  expect(running.signingKeys.find(old.kid)).toBeDefined();
  passTo(begin + lead + retirementSeconds);
  expect(running.signingKeys.find(old.kid)).toBeUndefined();
});

test('what else is in the file stays, and nobody else may read it', async () => {
  const before = stored();
  await rotate(begin, lead);
  const after = stored();
  expect({ ...after, signing_keys: [] }).toEqual({ ...before, signing_keys: [] });
  expect(after.signing_keys[0]).toEqual(before.signing_keys[0]);
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('keys of which no token lives go from the file with the next rotation', async () => {
  const [old] = kidsOf(stored().signing_keys);
  await rotate(begin, lead);
  await rotate(begin + lead + retirementSeconds - 1, lead);
  expect(kidsOf(stored().signing_keys)).toContain(old);
  await rotate(begin + 2 * lead + retirementSeconds, lead);
  expect(kidsOf(stored().signing_keys)).not.toContain(old);
});

test('none of all keys is left of those that may have leaked', async () => {
  await rotate(begin, lead);
  const leaked = kidsOf(stored().signing_keys);
  const [added] = await rotate(begin, 'none');
  passTo(begin + 2);
  expect(kidsOf(running.signingKeys.published)).toEqual([added?.key.kid]);
  expect(signing()).toEqual([added?.key.kid, added?.key.kid]);
  expect(leaked).not.toContain(added?.key.kid);
  expect(kidsOf(stored().signing_keys)).toEqual([added?.key.kid]);
});

test('while a key waits there is no other, and never are there more than instances take', async () => {
  await rotate(begin, lead);
  await expect(rotate(begin + lead - 1, lead)).rejects.toThrow(
    expect.objectContaining({ code: 'key_waits', message: expect.stringContaining('2030-03-17T18:01:40Z') }),
  );
  let now = begin;
  const rotateAgain = async () => {
    now += lead;
    await rotate(now, lead);
  };
  for (let keys = 2; keys < 10; keys += 1) await rotateAgain();
  await expect(rotateAgain()).rejects.toThrow(expect.objectContaining({ code: 'too_many_keys' }));
  expect(readKeyPeriods(path, now)).toHaveLength(10);
});

test('whoever rotates at the same time as somebody else waits for them', async () => {
  const other = new DatabaseSync(store.path);
  other.exec('BEGIN IMMEDIATE');
  const rotation = rotate(begin, lead);
  await sleep(200);
  expect(stored().signing_keys).toHaveLength(1);
  other.exec('COMMIT');
  other.close();
  await rotation;
  expect(stored().signing_keys).toHaveLength(2);
});

test('a file that cannot be read any more changes nothing while the cloud runs', async () => {
  const kid = running.signingKeys.current.kid;
  writeFileSync(path, 'nonsense');
  passTo(begin + 2);
  expect(running.signingKeys.current.kid).toBe(kid);
  await expect(rotate(begin, lead)).rejects.toThrow(expect.objectContaining({ code: 'data_damaged' }));
  expect(readFileSync(path, 'utf8')).toBe('nonsense');
});

test.skipIf(process.platform === 'win32')('a link, or a file of somebody else, is not replaced', async () => {
  const link = join(dirname(path), 'link');
  symlinkSync(path, link);
  const before = stored();
  await expect(rotate(begin, lead, link)).rejects.toThrow(
    expect.objectContaining({ code: 'data_path_unusable' }),
  );
  vi.spyOn(process, 'getuid').mockReturnValue(statSync(path).uid + 1);
  await expect(rotate(begin, lead)).rejects.toThrow(/belongs to another user/);
  vi.restoreAllMocks();
  expect(stored()).toEqual(before);
});
