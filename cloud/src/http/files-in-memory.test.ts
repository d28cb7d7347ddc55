import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { FilesInMemory } from './files-in-memory.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(async () => directory[Symbol.asyncDispose]());

const pathOf = (name: string) => join(directory.path, name);
const write = async (name: string, bytes: number, letter = 'a') =>
  writeFile(pathOf(name), letter.repeat(bytes));
const contentOf = (file: ReturnType<FilesInMemory['read']>) =>
  typeof file === 'string' ? file : file.content.toString();

test('everybody who reads a file gets the same bytes', async () => {
  await write('a.js', 3);
  const files = new FilesInMemory(directory.path);
  const [one, other] = [files.read('a.js'), files.read('a.js')];
  expect(contentOf(one)).toBe('aaa');
  expect(other).toBe(one);
});

test('a file that has changed is read again, even if it has the same time, and one that is gone is missing', async () => {
  await write('a.js', 3);
  const then = new Date(1_700_000_000_000);
  await utimes(pathOf('a.js'), then, then);
  const files = new FilesInMemory(directory.path);
  expect(files.read('a.js')).toMatchObject({ modifiedAt: then });
  await write('a.js', 4, 'b');
  await utimes(pathOf('a.js'), then, then);
  expect(contentOf(files.read('a.js'))).toBe('bbbb');
  await rm(pathOf('a.js'));
  expect(files.read('a.js')).toBe('missing');
  await mkdir(pathOf('a.js'));
  expect(files.read('a.js')).toBe('missing');
});

test('so many bytes are kept, and no more; files that are gone, or became smaller, make room', async () => {
  await Promise.all([write('a.js', 6), write('b.js', 4), write('c.js', 1)]);
  const files = new FilesInMemory(directory.path, 10);
  expect(['a.js', 'b.js', 'c.js'].map((name) => contentOf(files.read(name)))).toEqual([
    'aaaaaa',
    'aaaa',
    'too large',
  ]);
  await rm(pathOf('b.js'));
  expect(contentOf(files.read('c.js'))).toBe('a');
  await write('b.js', 4);
  expect(files.read('b.js')).toBe('too large');
  await write('a.js', 5);
  expect(contentOf(files.read('a.js'))).toBe('aaaaa');
  expect(contentOf(files.read('b.js'))).toBe('aaaa');
});
