import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StartupError } from '../src/errors.ts';
import { systemError } from './system-error.ts';
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
