import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { openDataDirectory } from './data-directory.ts';
import { lockDataDirectory } from './lock.ts';

const isWindows = process.platform === 'win32';
const dataDirectoryId = '0b0e3c6a-1111-4222-8333-444455556666';

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe('the lock', () => {
  test('a second start in the same process is refused and names the holder', async () => {
    await using root = await temporaryDirectory();
    await using _lock = await lockDataDirectory(root.path);
    await expect(lockDataDirectory(root.path)).rejects.toMatchObject({
      code: 'data_directory_locked',
      message: expect.stringContaining(`(pid ${process.pid})`),
    });
  });

  test('is free again once disposed of', async () => {
    await using root = await temporaryDirectory();
    await (await lockDataDirectory(root.path))[Symbol.asyncDispose]();
    await using _lock = await lockDataDirectory(root.path);
    expect(await readFile(join(root.path, 'lock.pid'), 'utf8')).toBe(`${process.pid}\n`);
  });

  test('that was removed or replaced is noticed by its holder', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'lock');
    await using lock = await lockDataDirectory(root.path);
    expect(lock.assertHeld()).toBeUndefined();
    await rm(path);
    const lost = expect.objectContaining({ code: 'lock_lost', message: expect.stringContaining(path) });
    expect(() => lock.assertHeld()).toThrow(lost);
    await using _other = await lockDataDirectory(root.path);
    expect(() => lock.assertHeld()).toThrow(lost);
  });

  test('another process holds it until it is killed, even with kill -9', async () => {
    await using root = await temporaryDirectory();
    const script = `
      const { lockDataDirectory } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
      await lockDataDirectory(${JSON.stringify(root.path)});
      process.stdout.write('locked');
      setInterval(() => undefined, 1_000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    await expect(lockDataDirectory(root.path)).rejects.toMatchObject({
      code: 'data_directory_locked',
      message: expect.stringContaining(`(pid ${holder.pid})`),
    });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await using _lock = await lockDataDirectory(root.path);
  });
});

test('row 47: of 50 starts at once exactly one lives', async () => {
  await using root = await temporaryDirectory();
  const script = `
    const { lockDataDirectory } = await import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)});
    process.stdin.resume().once('end', () => process.exit());
    await lockDataDirectory(${JSON.stringify(root.path)}).then(
      () => process.stdout.write('lives'),
      (error) => process.stdout.write(error.code),
    );`;
  const starts = Array.from({ length: 50 }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const outcomes = await Promise.all(
    starts.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])),
  );
  for (const { stdin } of starts) stdin.end();
  await Promise.all(starts.map(async (start) => once(start, 'exit')));
  expect(outcomes.filter((outcome) => outcome === 'lives')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'data_directory_locked')).toHaveLength(49);
});

describe('the data directory', () => {
  test.skipIf(isWindows)('and those above it can be used under umask 777', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'above', 'data');
    const umask = process.umask(0o777);
    try {
      await using _opened = await openDataDirectory(path);
    } finally {
      process.umask(umask);
    }
    for (const directory of [join(root.path, 'above'), path]) expect(await modeOf(directory)).toBe(0o700);
  });

  test.skipIf(isWindows)('and what is in it is private under umask 000', async () => {
    const umask = process.umask(0o000);
    try {
      await using root = await temporaryDirectory();
      const path = join(root.path, 'a', 'b');
      await using directory = await openDataDirectory(path);
      await writeFileAtomically(directory.secretsPath, 'x');
      expect(await modeOf(path)).toBe(0o700);
      for (const name of await readdir(path)) expect(await modeOf(join(path, name)), name).toBe(0o600);
    } finally {
      process.umask(umask);
    }
  });

  test.skipIf(isWindows)('becomes private when it was not', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'secrets.db'), 'x');
    await chmod(join(root.path, 'secrets.db'), 0o644);
    await chmod(root.path, 0o755);
    await using _directory = await openDataDirectory(root.path);
    expect(await modeOf(root.path)).toBe(0o700);
    expect(await modeOf(join(root.path, 'secrets.db'))).toBe(0o600);
  });

  test.skipIf(isWindows)('gives its owner back the rights to what is in it', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'layout'), '1\n');
    const names = ['layout', 'instance.db', 'instance.db-wal', 'instance.db-shm'];
    for (const name of names.slice(1)) await writeFile(join(root.path, name), '');
    for (const name of names) await chmod(join(root.path, name), 0o400);
    await using _directory = await openDataDirectory(root.path);
    for (const name of names) expect(await modeOf(join(root.path, name)), name).toBe(0o600);
  });

  test('is known to have held secrets once that was recorded', async () => {
    await using root = await temporaryDirectory();
    {
      await using fresh = await openDataDirectory(root.path);
      expect(fresh.layout).toBeUndefined();
      await fresh.recordSecrets(dataDirectoryId);
    }
    await using used = await openDataDirectory(root.path);
    expect(used.layout).toEqual({ number: 2, dataDirectoryId });
  });

  test('that has been used is refused without its layout, until that is put back', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'instance.db'), '');
    await expect(openDataDirectory(root.path)).rejects.toMatchObject({
      code: 'data_path_unusable',
      message: expect.stringContaining(`run: echo 1 > ${join(root.path, 'layout')}`),
    });
    await writeFile(join(root.path, 'layout'), '1\n');
    await using _opened = await openDataDirectory(root.path);
  });

  test('of the first layout is read, and brought up to date', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'layout');
    await writeFile(path, '1\n');
    await using old = await openDataDirectory(root.path);
    expect(old.layout).toEqual({ number: 1, dataDirectoryId: undefined });
    await old.recordSecrets(dataDirectoryId);
    expect(await readFile(path, 'utf8')).toBe(`2\n${dataDirectoryId}\n`);
  });

  test('of a newer version is refused and left alone', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'layout'), '3\n');
    await chmod(root.path, 0o750);
    await expect(openDataDirectory(root.path)).rejects.toMatchObject({
      code: 'written_by_newer_version',
      message: expect.stringContaining('layout 3'),
    });
    expect(await modeOf(root.path)).toBe(0o750);
    expect(await readdir(root.path)).toEqual(['layout']);
  });

  test.each(['', 'x', '-1', '1 2', '2\nx\n', `2\n${dataDirectoryId}`])(
    'whose layout is “%s” is called damaged',
    async (layout) => {
      await using root = await temporaryDirectory();
      await writeFile(join(root.path, 'layout'), layout);
      await expect(openDataDirectory(root.path)).rejects.toMatchObject({
        code: 'data_path_unusable',
        message: expect.stringContaining('damaged'),
      });
    },
  );

  test('that does not exist is not made when it must exist', async () => {
    await using root = await temporaryDirectory();
    await expect(openDataDirectory(join(root.path, 'none'), { create: false })).rejects.toMatchObject({
      code: 'data_path_unusable',
      message: expect.stringContaining('no such directory'),
    });
    expect(await readdir(root.path)).toEqual([]);
  });

  test('with a directory that is called like a temporary file is used', async () => {
    await using root = await temporaryDirectory();
    await mkdir(join(root.path, '.secrets.db.0123456789abcdef.tmp'));
    await using opened = await openDataDirectory(root.path);
    expect(opened.layout).toBeUndefined();
  });

  test('that holds other things is refused and left alone', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'thesis.txt'), 'x');
    const before = await modeOf(root.path);
    await expect(openDataDirectory(root.path)).rejects.toMatchObject({
      code: 'data_path_unusable',
      message: expect.stringContaining("not Holdfast's"),
    });
    expect(await modeOf(root.path)).toBe(before);
    expect(await readdir(root.path)).toEqual(['thesis.txt']);
  });

  test('of a cloud and an instance together is refused with the path of the instance', async () => {
    await using root = await temporaryDirectory();
    await mkdir(join(root.path, 'instance'));
    await expect(openDataDirectory(root.path)).rejects.toThrow(join(root.path, 'instance'));
  });

  test.skipIf(process.platform !== 'linux')(
    'where no directory can be made is refused, at once',
    async () => {
      await expect(openDataDirectory('/proc/holdfast')).rejects.toMatchObject({ code: 'data_path_unusable' });
    },
  );

  test('that is a file is refused', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'file'), 'x');
    for (const path of ['file', 'file/below']) {
      await expect(openDataDirectory(join(root.path, path))).rejects.toMatchObject({
        code: 'data_path_unusable',
      });
    }
  });

  test.skipIf(isWindows)('that may not be written is refused', async () => {
    await using root = await temporaryDirectory();
    await chmod(root.path, 0o500);
    // Nothing is forbidden to root, so it becomes somebody else for a moment.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      await expect(openDataDirectory(join(root.path, 'below'))).rejects.toMatchObject({
        code: 'data_path_unusable',
        message: expect.stringContaining('permission denied'),
      });
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(root.path, 0o700);
    }
  });

  test
    .skipIf(isWindows)
    .each([
      ...['secrets.db', 'claim-code', 'layout', 'lock', 'lock-journal', 'lock.pid'],
      ...['instance.db', 'instance.db-wal', 'instance.db-shm'],
    ])('row 45: a link in place of %s is refused and its target left alone', async (name) => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'data');
    await mkdir(path);
    await writeFile(join(root.path, 'target'), 'precious');
    await symlink(join(root.path, 'target'), join(path, name));
    await expect(openDataDirectory(path)).rejects.toMatchObject({
      code: 'data_path_unusable',
      message: expect.stringContaining(name),
    });
    expect(await readFile(join(root.path, 'target'), 'utf8')).toBe('precious');
  });

  test('loses what a crash in the middle of a save left', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'secrets.db'), 'old');
    await writeFile(join(root.path, '.secrets.db.0123456789abcdef.tmp'), 'torn');
    await using directory = await openDataDirectory(root.path);
    expect((await readdir(directory.path)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await readFile(directory.secretsPath, 'utf8')).toBe('old');
  });
});

describe('an atomic save', () => {
  test('row 47: of a process that is killed at any moment leaves the old content or the new', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'file');
    const size = 300_000;
    await writeFile(path, Buffer.alloc(size, 'a'));
    const script = `
      const { writeFileAtomically } = await import(${JSON.stringify(new URL('./atomic-file.ts', import.meta.url).href)});
      process.stdout.write('ready');
      for (let letter = 98; ; letter = letter === 122 ? 97 : letter + 1) {
        await writeFileAtomically(${JSON.stringify(path)}, Buffer.alloc(${size}, letter));
      }`;
    for (let round = 0; round < 8; round += 1) {
      const writer = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(writer.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, round * 7));
      writer.kill('SIGKILL');
      await once(writer, 'exit');
      const content = await readFile(path);
      expect(content.length).toBe(size);
      expect(content.every((byte) => byte === content[0])).toBe(true);
    }
  });

  test('replaces a link instead of following it', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'target'), 'precious');
    await symlink(join(root.path, 'target'), join(root.path, 'file'));
    await writeFileAtomically(join(root.path, 'file'), 'new');
    expect(await readFile(join(root.path, 'target'), 'utf8')).toBe('precious');
    expect(await readFile(join(root.path, 'file'), 'utf8')).toBe('new');
  });
});
