import { chmod, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { isTemporaryFile, readOrCreatePrivateFile, writePrivateFile } from './private-file.ts';

const isWindows = process.platform === 'win32';
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('is created once, and then read', async () => {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, 'file');
  expect(readOrCreatePrivateFile(path, () => 'first')).toBe('first');
  expect(readOrCreatePrivateFile(path, () => 'second')).toBe('first');
  expect(await readdir(directory.path)).toEqual(['file']);
});

test('is not there if its content cannot be made', async () => {
  await using directory = await temporaryDirectory();
  const fail = () => {
    throw new Error('no entropy');
  };
  expect(() => readOrCreatePrivateFile(join(directory.path, 'file'), fail)).toThrow('no entropy');
  expect(await readdir(directory.path)).toEqual([]);
});

test.skipIf(isWindows)('is for its owner alone, whatever the umask and whatever it was', async () => {
  const umask = process.umask(0o000);
  try {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'file');
    writePrivateFile(path, 'x');
    expect(await modeOf(path)).toBe(0o600);
    await chmod(path, 0o644);
    readOrCreatePrivateFile(path, () => 'y');
    expect(await modeOf(path)).toBe(0o600);
  } finally {
    process.umask(umask);
  }
});

test.skipIf(isWindows)('replaces a link instead of following it', async () => {
  await using directory = await temporaryDirectory();
  const [path, target] = [join(directory.path, 'file'), join(directory.path, 'target')];
  await writeFile(target, 'precious');
  await symlink(target, path);
  writePrivateFile(path, 'new');
  expect(await readFile(target, 'utf8')).toBe('precious');
  expect(await readFile(path, 'utf8')).toBe('new');
});

test('what a crash leaves is known by its name', () => {
  expect(isTemporaryFile('keys.json.0123456789ab.tmp')).toBe(true);
  for (const name of ['keys.json', 'notes.tmp', '.0123456789ab.tmp', 'keys.json.0123456789ab.tmp.txt']) {
    expect(isTemporaryFile(name)).toBe(false);
  }
});
