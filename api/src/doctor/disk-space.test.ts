import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { examineDiskSpace, judgeDiskSpace } from './disk-space.ts';

test('the disk of a directory is looked at', async () => {
  await using root = await temporaryDirectory();
  expect((await examineDiskSpace(root.path)).message).toMatch(/^\d+ [MG]B are free\.$/);
});

test.each([
  [999_999, 'problem', 'The disk is full: 0 MB are free.'],
  [1_000_000, 'warning', '1 MB are free.'],
  [49_999_999, 'warning', '49 MB are free.'],
  [50_000_000, 'ok', '50 MB are free.'],
  [0, 'problem', 'The disk is full: 0 MB are free.'],
  [12_900_000_000, 'ok', '12 GB are free.'],
])('%i bytes: %s', (bytes, verdict, message) =>
  expect(judgeDiskSpace({ bytes, files: 1 })).toMatchObject({ verdict, message }),
);

test('a disk without inodes is full, whatever its room', () => {
  expect(judgeDiskSpace({ bytes: 1e12, files: 0 })).toMatchObject({
    verdict: 'problem',
    message: expect.stringContaining('no inodes'),
  });
});
