import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StartupError } from '../src/errors.ts';
import { startCommand } from './command.ts';
import { systemError } from './system-error.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';
import { watchedDisk } from './watched-disk.ts';

test('a disk that is full at any step of a start is said in a sentence, and the next start works', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  let refusals = 0;
  for (let failing = 0; ; failing += 1) {
    await instance.down();
    instance.config = { ...instance.config, dataPath: join(instance.root, `data-${failing}`) };
    let taken = 0;
    const steps = watchedDisk(() => {
      taken += 1;
      if (taken - 1 === failing) throw systemError('ENOSPC');
    });
    const refusal = await instance.up({ steps }).catch((error: unknown) => error);
    if (refusal === undefined && taken <= failing) break;
    if (refusal === undefined) continue;
    refusals += 1;
    expect(refusal).toBeInstanceOf(StartupError);
    expect((refusal as StartupError).message).toMatch(/^[^:]+: the disk is full\. [A-Z][^.]+\.$/);
    await instance.up();
  }
  // Of secrets.db, layout, the key file and claim-code each is written, synchronized and put into place.
  expect(refusals).toBeGreaterThan(12);
}, 60_000);

test.skipIf(process.platform === 'win32')(
  'an instance.db that cannot be made leaves nothing behind',
  async () => {
    await using root = await temporaryDirectory();
    const dataPath = join(root.path, 'data');
    // SQLite keeps 32 KiB beside it.
    const command = startCommand(
      ['serve', '--data-path', dataPath, '--key-file', join(root.path, 'key'), '--listen', '127.0.0.1:0'],
      {},
      'ulimit -f 16',
    );
    expect(await once(command.process, 'close')).toEqual([1, null]);
    expect(command.errors).toMatch(/^\S+instance\.db cannot be used: the disk [^.]+\. [A-Z][^.]+\.\n$/);
    expect((await readdir(dataPath)).toSorted()).toEqual(['layout', 'lock', 'secrets.db']);
  },
);
