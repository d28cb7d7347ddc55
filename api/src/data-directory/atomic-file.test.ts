import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemError } from '../../test/system-error.ts';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { createFileAtomically, diskSteps, type FileSteps } from './atomic-file.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe('a file that is created', () => {
  test('piece by piece holds them all, and others may not read it', async () => {
    await using root = await temporaryDirectory();
    const path = join(root.path, 'file');
    await createFileAtomically(path, pieces('one ', '', 'two'));
    expect(await readFile(path, 'utf8')).toBe('one two');
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(root.path)).toEqual(['file']);
  });

  test('is not there, in whatever form, when its content ends with an error', async () => {
    await using root = await temporaryDirectory();
    const broken = (async function* () {
      yield Buffer.from('half');
      throw new TypeError('in the middle');
    })();
    await expect(createFileAtomically(join(root.path, 'file'), broken)).rejects.toThrow('in the middle');
    expect(await readdir(root.path)).toEqual([]);
  });
});

test('a file that cannot be linked for another reason is not created in another way', async () => {
  await using root = await temporaryDirectory();
  const created: string[] = [];
  const failing: FileSteps = {
    ...diskSteps,
    createExclusively: (path) => {
      created.push(path);
      return diskSteps.createExclusively(path);
    },
    link: () => {
      throw systemError('EIO');
    },
  };
  await expect(createFileAtomically(join(root.path, 'file'), 'new', failing)).rejects.toMatchObject({
    code: 'EIO',
  });
  expect(created).toHaveLength(1);
  expect(await readdir(root.path)).toEqual([]);
});

describe('where the file system has no hard links', () => {
  const linkless: FileSteps = {
    ...diskSteps,
    link: () => {
      throw systemError('EPERM');
    },
  };

  test('a file is created all the same', async () => {
    await using root = await temporaryDirectory();
    await createFileAtomically(join(root.path, 'file'), 'new', linkless);
    expect(await readFile(join(root.path, 'file'), 'utf8')).toBe('new');
    expect(await readdir(root.path)).toEqual(['file']);
  });

  test('nothing is replaced', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'file'), 'precious');
    await expect(createFileAtomically(join(root.path, 'file'), 'new', linkless)).rejects.toMatchObject({
      code: 'EEXIST',
    });
    expect(await readFile(join(root.path, 'file'), 'utf8')).toBe('precious');
    expect(await readdir(root.path)).toEqual(['file']);
  });

  test('a name that was taken in vain is given back', async () => {
    await using root = await temporaryDirectory();
    const failing: FileSteps = {
      ...linkless,
      rename: () => {
        throw systemError('EIO');
      },
    };
    await expect(createFileAtomically(join(root.path, 'file'), 'new', failing)).rejects.toMatchObject({
      code: 'EIO',
    });
    expect(await readdir(root.path)).toEqual([]);
  });
});
