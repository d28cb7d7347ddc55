import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { filledPlace, type Place } from '../test/secrets-place.ts';
import { systemError } from '../test/system-error.ts';
import { watchedDisk } from '../test/watched-disk.ts';
import { openForReset } from './credentials-reset.ts';
import type { FileSteps } from './data-directory/atomic-file.ts';
import { createLogger } from './logger.ts';
import { SecretsStore } from './secrets/secrets-store.ts';

const context = {
  logger: createLogger({ level: 'silent', destination: { write: () => undefined } }),
  now: () => Date.UTC(2026, 10, 25),
  onReset: () => undefined,
};
const yes = async () => true;

/** A registration with everything that a claimed instance has beside it. */
async function claimedPlace(): Promise<Place> {
  const claimed = await filledPlace();
  using secrets = await SecretsStore.open(claimed.location);
  await secrets.transaction((transaction) => {
    transaction.put('registration_management', {
      registration_access_token: 'management-1',
      registration_client_uri: 'https://cloud.test/reg/i1',
    });
    transaction.put('instance_token', { access_token: 'token-1', expires_at: '1' });
    transaction.put('instance_name', { name: 'Lab' });
    transaction.put('pending_claim', { workspace: 'w1', workspace_name: 'Ann', begun_at: '' });
  });
  return claimed;
}

/** A disk that fails with `code` at step number `failing`, counted from 0, and does nothing more. */
function diskThatStops(failing: number, code: string): { steps: FileSteps; taken: () => number } {
  let taken = 0;
  const steps = watchedDisk(() => {
    taken += 1;
    if (taken > failing) throw systemError(code);
  });
  return { steps, taken: () => taken };
}

async function recordsIn({ location }: Place): Promise<string[]> {
  using secrets = await SecretsStore.open(location);
  return secrets.names.toSorted();
}

test('everything is forgotten but what the cloud must be told', async () => {
  await using claimed = await claimedPlace();
  using secrets = await openForReset(claimed.location, yes, context);
  expect(secrets.names.toSorted()).toEqual(['credentials_reset', 'pending_deregistration']);
  expect(secrets.read('credentials_reset')).toEqual({ reset_at: '2026-11-25T00:00:00.000Z' });
  expect(secrets.read('pending_deregistration')).toEqual({
    registration_access_token: 'management-1',
    registration_client_uri: 'https://cloud.test/reg/i1',
  });
});

test('row 47: wherever a crash comes, all of it has happened or nothing', async () => {
  const outcomes = new Set<string>();
  for (let step = 0; ; step += 1) {
    await using claimed = await claimedPlace();
    const before = await recordsIn(claimed);
    const { steps, taken } = diskThatStops(step, 'EIO');
    const attempt = openForReset({ ...claimed.location, steps }, yes, context);
    const isDone = await attempt.then(
      (secrets) => {
        secrets[Symbol.dispose]();
        return true;
      },
      () => false,
    );
    const after = await recordsIn(claimed);
    if (after.length === before.length) expect(after).toEqual(before);
    else expect(after).toEqual(['credentials_reset', 'pending_deregistration']);
    outcomes.add(after.length === before.length ? 'nothing' : 'all');
    if (isDone) {
      expect(taken()).toBe(step);
      break;
    }
  }
  expect(outcomes).toEqual(new Set(['nothing', 'all']));
});

test('a full disk is named, and nothing has changed', async () => {
  await using claimed = await claimedPlace();
  const before = await readFile(claimed.location.path);
  const { steps } = diskThatStops(1, 'ENOSPC');
  await expect(openForReset({ ...claimed.location, steps }, yes, context)).rejects.toMatchObject({
    name: 'StartupError',
    message: expect.stringContaining('the disk is full'),
  });
  expect(await readFile(claimed.location.path)).toEqual(before);
});
