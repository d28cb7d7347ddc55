// Every operation that writes is stopped at each of its steps. All that a power cut may then leave is put into a
// directory of its own, where a real start must find the old content or the new, whole.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contentOf, type Operation, operations, pictureOf } from '../../test/crash/operations.ts';
import { filesBelow, type Survivors } from '../../test/crash/simulated-disk.ts';
import { start } from '../../test/crash/start.ts';
import { type Trial, Trials } from '../../test/crash/trials.ts';
import { systemErrorCode } from '../errors.ts';

describe.each(Object.entries(operations))('row 47: %s', { timeout: 60_000 }, (_name, operation) => {
  test('leaves the old content or the new when the power is cut at any step', async () => {
    await using trials = await Trials.of(operation);
    for (const [index, step] of trials.steps.entries()) {
      const { disk } = await trials.killedAt(index);
      for (const left of disk.afterPowerCut()) {
        const root = trials.directoryWith(left);
        const cut = describeCut(step, left);
        expect([trials.before, trials.after], cut).toContainEqual(await pictureOf(root, operation));
        await expectToWork(root, operation, cut);
      }
    }
  });

  test('survives a power cut once it is acknowledged', async () => {
    await using trials = await Trials.of(operation);
    const { disk } = await trials.completed();
    for (const left of disk.afterPowerCut()) {
      expect(await pictureOf(trials.directoryWith(left), operation)).toEqual(trials.after);
    }
  });

  test('killed at any step, leaves what the next start makes durable before it acts on it', async () => {
    await using trials = await Trials.of(operation);
    for (const [index, step] of trials.steps.entries()) {
      const { disk, root } = await trials.killedAt(index);
      expect(withoutLock(disk.present)).toEqual(withoutLock(filesBelow(root)));
      disk.restart();
      await (await start(root, { ...operation, steps: disk }))[Symbol.asyncDispose]();
      const shown = await pictureOf(root, operation);
      for (const left of disk.afterPowerCut()) {
        const found = await pictureOf(trials.directoryWith(left), operation);
        expect(found, describeCut(step, left)).toEqual(shown);
      }
    }
  });

  test.each(['ENOSPC', 'EIO'] as const)(
    'changes nothing when a step fails with %s, and then works',
    async (kind) => {
      await using trials = await Trials.of(operation);
      for (const [index, step] of trials.steps.entries()) {
        const trial = trials.beginning({ index, kind });
        const failures = await failuresOf(
          trial,
          operation,
          [trials.before, trials.after],
          isUncertain(trials.steps, index),
        );
        if (mayFail(trials.steps, index)) expect(failures, step).toEqual([]);
        else expect(failures, step).toEqual([kind]);
        expect(await pictureOf(trial.root, operation), step).toEqual(trials.after);
        expect([...filesBelow(trial.root).keys()].filter(isTemporary), step).toEqual([]);
      }
    },
  );
});

/**
 * Starts and makes the change, each a second time where it failed. A start that fails leaves one of `pictures`, and a
 * change that fails changes nothing.
 *
 * @param isUncertain whether the file may hold the change all the same
 * @returns the codes of the failures
 */
async function failuresOf(
  { root, disk }: Trial,
  operation: Operation,
  pictures: readonly object[],
  isUncertain: boolean,
): Promise<(string | undefined)[]> {
  const circumstances = { ...operation, steps: disk };
  const [opened] = await Promise.allSettled([start(root, circumstances)]);
  if (opened.status === 'rejected') expect(pictures).toContainEqual(await pictureOf(root, operation));
  await using started = opened.status === 'fulfilled' ? opened.value : await start(root, circumstances);
  const content = contentOf(started.store);
  const files = filesBelow(join(root, 'data'));

  const [changed] = await Promise.allSettled([operation.change?.(started)]);
  if (changed.status === 'rejected') {
    expect(contentOf(started.store)).toEqual(content);
    if (!isUncertain) expect(filesBelow(join(root, 'data'))).toEqual(files);
    await operation.change?.(started);
  }
  return [opened, changed].flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : []));
}

/** After the rename, a directory that cannot be synchronized leaves open what a power cut would leave. */
function isUncertain(steps: readonly string[], index: number): boolean {
  return steps[index] === 'sync directory data' && steps[index - 1]?.startsWith('rename') === true;
}

/** A directory that was there before may lie in one that this process cannot synchronize. */
function mayFail(steps: readonly string[], index: number): boolean {
  return (
    /^sync directory \.\.?$/.test(steps[index] ?? '') && !steps[index - 1]?.startsWith('create directory')
  );
}

/** The instance starts, writes and starts again, and nothing that the crash left half done is there any more. */
async function expectToWork(root: string, operation: Operation, cut: string): Promise<void> {
  const token = { access_token: 'after the crash', expires_at: '1' };
  {
    await using started = await start(root, operation);
    await started.store.transaction((transaction) => transaction.put('instance_token', token));
    const key = readFileSync(started.store.protection.keyLocation as string);
    const files = filesBelow(root);
    expect(
      [...files].filter(([path]) => path.startsWith('data') && isTemporary(path)),
      cut,
    ).toEqual([]);
    expect(
      [...files.values()].filter((content) => content && key.equals(content)),
      cut,
    ).toHaveLength(1);
  }
  await using again = await start(root, operation);
  expect(again.store.read('instance_token'), cut).toEqual(token);
}

/** The lock is not written through steps: whether it survives does not matter. */
function withoutLock(files: Survivors): Record<string, unknown> {
  return Object.fromEntries([...files].filter(([path]) => !/^data[/\\]lock(\.pid)?$/.test(path)));
}

function isTemporary(path: string): boolean {
  return path.endsWith('.tmp');
}

function codeOf(error: unknown): string | undefined {
  return systemErrorCode(error instanceof Error && error.cause ? error.cause : error);
}

function describeCut(step: string, left: Survivors): string {
  return `cut at “${step}”, which left ${[...left.keys()].join(', ')}`;
}
