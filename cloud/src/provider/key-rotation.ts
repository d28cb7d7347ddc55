import { lstatSync, readFileSync } from 'node:fs';
import { writePrivateFile } from '../data-directory/private-file.ts';
import type { Database } from '../database/database.ts';
import { StartupError } from '../errors.ts';
import { type KeyPeriod, keyPeriods } from './key-schedule.ts';
import { formatKeysFile, newSigningKey, parseKeysFile, type StoredSigningKey } from './keys-file.ts';

/**
 * How long a new key waits before it signs. Instances in use look at the published keys every ten minutes, so they know it
 * by then. The shortest is more than the 30 s in which an instance does not ask again for keys that it does not know, and
 * the second until a running cloud publishes a new one.
 */
export const leadSeconds = { shortest: 60, proposed: 15 * 60, longest: 7 * 24 * 60 * 60 } as const;

/** Instances accept no more than 50. */
const mostKeys = 10;

/** What `keys.json` says of the signing keys, the oldest first. @throws {StartupError} `data_damaged` */
export function readKeyPeriods(path: string, now: number): readonly KeyPeriod<StoredSigningKey>[] {
  return keyPeriods(parseKeysFile(path, readFileSync(path, 'utf8')).signing_keys, now);
}

/**
 * Adds a key to `keys.json` that signs from `now + lead` on, and removes those that no living token is signed with.
 *
 * @param database of the same cloud: who rotates at the same time waits for it, or the one would undo what the other did
 * @param now seconds since the epoch
 * @param lead seconds; `none` withdraws all other keys at once
 * @returns the periods of all keys from now on
 * @throws {StartupError} `key_waits`, `too_many_keys`, `data_path_unusable` or `data_damaged`
 */
export async function rotateSigningKey(
  database: Database,
  path: string,
  now: number,
  lead: number | 'none',
): Promise<readonly KeyPeriod<StoredSigningKey>[]> {
  return database.transaction().execute(async () => rotateAlone(path, now, lead));
}

function rotateAlone(
  path: string,
  now: number,
  lead: number | 'none',
): readonly KeyPeriod<StoredSigningKey>[] {
  refuseForeignFile(path);
  const file = parseKeysFile(path, readFileSync(path, 'utf8'));
  const periods = lead === 'none' ? [] : keyPeriods(file.signing_keys, now);
  refuseHaste(periods);
  const added = newSigningKey(lead === 'none' ? now : now + lead);
  const keys = [...periods.map(({ key }) => key), added];
  writePrivateFile(path, formatKeysFile({ ...file, signing_keys: keys }));
  return keyPeriods(keys, now);
}

function refuseHaste(periods: readonly KeyPeriod<StoredSigningKey>[]): void {
  const waiting = periods.find(({ state }) => state === 'waits');
  if (waiting) {
    throw new StartupError(
      'key_waits',
      `A new key waits already and signs from ${formatTime(waiting.key.nbf)} on. Rotate again after that, or with --now if a key may have leaked.`,
    );
  }
  if (periods.length < mostKeys) return;
  throw new StartupError(
    'too_many_keys',
    `Tokens of ${periods.length} keys may still live, which is as many as there may be. Rotate again after ${formatTime(periods[0]?.publishedUntil)}, or with --now if a key may have leaked.`,
  );
}

/** The file is replaced: one of root's in its place would keep the cloud from starting, and a link would be cut. */
function refuseForeignFile(path: string): void {
  const stats = lstatSync(path);
  const own = process.getuid?.();
  if (stats.isFile() && (own === undefined || own === stats.uid)) return;
  throw new StartupError(
    'data_path_unusable',
    stats.isFile()
      ? `${path} belongs to another user (uid ${stats.uid}). Run this as that user, as whom the cloud runs.`
      : `${path} is not a regular file but a link or a directory. Move it away and put the file itself there.`,
  );
}

/** Seconds since the epoch, as people and programs read it. */
export function formatTime(seconds: number | undefined): string {
  return new Date((seconds ?? 0) * 1_000).toISOString().replace('.000Z', 'Z');
}
