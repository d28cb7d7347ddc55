import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { putPipe } from '../../test/pipe.ts';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { lockDataDirectory } from './lock.ts';
import { findLockHolder, findLostHolder, holderIn } from './lock-holder.ts';

test('nobody holds the lock of a directory that was never locked, or is no longer', async () => {
  await using root = await temporaryDirectory();
  expect(await findLockHolder(root.path)).toBeUndefined();
  {
    await using _lock = await lockDataDirectory(root.path);
  }
  expect(await findLockHolder(root.path)).toBeUndefined();
});

test('the holder is found, and keeps its lock', async () => {
  await using root = await temporaryDirectory();
  await using _lock = await lockDataDirectory(root.path);
  expect(await findLockHolder(root.path)).toBe(process.pid);
  const script = `
    const { lockDataDirectory } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    await lockDataDirectory(${JSON.stringify(root.path)}).catch((error) => process.stdout.write(error.code));`;
  const rival = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  expect(String((await once(rival.stdout, 'data'))[0])).toBe('data_directory_locked');
});

test.skipIf(process.platform !== 'linux')('what a crash left in lock.pid is not believed', async () => {
  await using root = await temporaryDirectory();
  await writeFile(join(root.path, 'lock'), '');
  await writeFile(join(root.path, 'lock.pid'), `${process.pid}\n`);
  expect(await findLockHolder(root.path)).toBeUndefined();
});

test.skipIf(process.platform === 'win32').each([
  ['a pipe', putPipe],
  ['a link to a device without an end', async (path: string) => symlink('/dev/zero', path)],
])('row 45: %s in place of lock.pid names nobody, and is not waited for', async (_what, put) => {
  await using root = await temporaryDirectory();
  await put(join(root.path, 'lock.pid'));
  expect(await findLockHolder(root.path)).toBeUndefined();
  expect(await findLostHolder(root.path)).toBeUndefined();
});

describe("the kernel's list of locks", () => {
  const holders = (...lines: string[]) => holderIn(lines.join('\n'), 77n);

  test('names the holder', () => {
    expect(
      holders(
        '1: FLOCK  ADVISORY  WRITE 10 fe:00:77 0 EOF',
        '2: POSIX  ADVISORY  WRITE 4711 fe:00:77 1073741824 1073742335',
      ),
    ).toBe(4_711);
  });

  test.each([
    ['a lock on another file', '1: POSIX  ADVISORY  WRITE 1 fe:00:777 1073741824 1073742335'],
    ['a lock for reading', '1: POSIX  ADVISORY  READ 1 fe:00:77 1073741826 1073742335'],
    ['a lock that is none of SQLite', '1: POSIX  ADVISORY  WRITE 1 fe:00:77 0 EOF'],
    ['somebody who waits', '1: -> POSIX  ADVISORY  WRITE 1 fe:00:77 1073741824 1073742335'],
  ])('%s does not count', (_what, line) => expect(holders(line)).toBeUndefined());
});
