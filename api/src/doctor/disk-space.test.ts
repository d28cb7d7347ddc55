import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { examineDiskSpace, judgeDiskSpace } from './disk-space.ts';

test('the disk of a directory is looked at', async () => {
  await using root = await temporaryDirectory();
  expect((await examineDiskSpace(root.path)).message).toMatch(/^\d+ [MG]B are free\.$/);
});

test.each([
  [49_999_999, 'warning', '49 MB are free.'],
  [50_000_000, 'ok', '50 MB are free.'],
  [0, 'warning', '0 MB are free.'],
  [12_900_000_000, 'ok', '12 GB are free.'],
])('%i bytes: %s', (bytes, verdict, message) =>
  expect(judgeDiskSpace(bytes)).toMatchObject({ verdict, message }),
);
