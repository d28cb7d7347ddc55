// Brings an instance back from a backup, to a place of its own, under a key of that place. Nothing in the backup is
// believed because it is there: whoever knows the passphrase may have made it by hand.

import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskSteps, type FileSteps, writeContent } from '../data-directory/atomic-file.ts';
import { dataPathUnusable, readLayout } from '../data-directory/data-directory.ts';
import { type FileTable, ownFiles } from '../data-directory/own-files.ts';
import { NotRegularError, withoutWaiting } from '../data-directory/regular-file.ts';
import { isSystemError, StartupError, systemErrorReason } from '../errors.ts';
import { isTrustworthyUrl } from '../loopback.ts';
import { createKeyFile, createNextKeyFile, refuseKeyInside } from '../secrets/key-file.ts';
import type { KeyAccess, PassphraseReader } from '../secrets/key-source.ts';
import { type SecretsProtection, SecretsStore } from '../secrets/secrets-store.ts';
import { damagedBackup, newerBackup } from './backup-errors.ts';
import { backupKey, openBackup } from './backup-format.ts';
import { headerBytes, parseHeader } from './backup-header.ts';
import type { BackupManifest } from './backup-manifest.ts';
import { ByteReader } from './byte-reader.ts';
import { readChunks } from './read-chunks.ts';
import { RestorePlace } from './restore-place.ts';
import { untilAborted } from './until-aborted.ts';

export interface RestoreRequest {
  /** The backup. */
  readonly file: string;
  /** Its passphrase. */
  readonly passphrase: PassphraseReader;
  /** Where the data directory will be; there may be an empty directory, and nothing else. */
  readonly dataPath: string;
  /** How the secrets are protected there, as for a new instance. */
  readonly keys: KeyAccess;
  /** Ends the work, with nothing left behind. */
  readonly signal?: AbortSignal;
  /** What a data directory holds, unless a test has another idea. */
  readonly table?: FileTable;
  /** The disk, unless a test has another. */
  readonly steps?: FileSteps;
}

export interface RestoredInstance {
  /** Absolute, symbolic links resolved. */
  readonly dataPath: string;
  readonly manifest: BackupManifest;
  readonly protection: SecretsProtection;
  /** The issuer identifier of its cloud, if it has registered. */
  readonly cloud: string | undefined;
  /** What interrupted restores to the same place have left. */
  readonly leftovers: readonly string[];
}

/**
 * Restores a backup in one step: a crash leaves the whole data directory or none.
 *
 * @throws StartupError `backup_unusable`, `written_by_newer_version`, `data_path_unusable`, `key_unusable`; the reason of
 *   the signal; nothing has then been left behind
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoredInstance> {
  const { file, signal, steps = diskSteps, table = ownFiles } = request;
  await using place = await RestorePlace.find(request.dataPath, steps);
  const leftovers = await place.leftovers();
  await using handle = await openFile(file);
  const reader = new ByteReader(untilAborted(piecesOf(handle, file), signal));
  const header = parseHeader(await reader.take(headerBytes), file);
  const passphrase = await request.passphrase(false);
  try {
    using key = await backupKey(header, new Uint8Array(passphrase), file);
    signal?.throwIfAborted();
    await place.create();
    const manifest = await openBackup(
      { file, header, body: reader.stream(), key, table },
      receiveInto(place, steps),
    );
    const { protection, cloud } = await protectAnew(request, place, manifest, passphrase);
    signal?.throwIfAborted();
    await place.publish();
    return { dataPath: place.target, manifest, protection, cloud, leftovers };
  } catch (error) {
    throw isSystemError(error) ? dataPathUnusable(place.target, error, whyNotPublished) : error;
  } finally {
    passphrase.fill(0);
  }
}

const whyNotPublished = { ENOTEMPTY: 'it is not empty any more', EBUSY: 'it is a mount point' };

/** @throws StartupError `backup_unusable` */
async function openFile(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file, withoutWaiting);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new NotRegularError('not_regular', file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function* piecesOf(handle: FileHandle, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* readChunks(handle);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, cause: unknown): StartupError {
  const reason = systemErrorReason(cause, { ENOENT: 'there is no such file' });
  return new StartupError(
    'backup_unusable',
    `The backup ${file} cannot be read: ${reason}. Name a file that holdfast backup has written.`,
    { cause },
  );
}

function receiveInto(place: RestorePlace, steps: FileSteps) {
  return async (name: string, content: AsyncIterable<Uint8Array>): Promise<void> => {
    using created = steps.createExclusively(join(place.path, name));
    await writeContent(created, content);
    await created.sync();
  };
}

/**
 * Hands the restored secrets over to the key source of the new place.
 *
 * @throws StartupError
 */
async function protectAnew(
  request: RestoreRequest,
  place: RestorePlace,
  manifest: BackupManifest,
  passphrase: Uint8Array,
): Promise<Pick<RestoredInstance, 'protection' | 'cloud'>> {
  const { file, keys, steps } = request;
  using secrets = await openSecrets(request, place, manifest, passphrase);
  const cloud = secrets.read('registration')?.issuer;
  const isGenuine = secrets.dataDirectoryId === manifest.dataDirectoryId && isIssuerOrNone(cloud);
  if (!isGenuine) throw damagedBackup(file);
  const source = keys.source ?? 'key-file';
  const generation =
    source === 'key-file' ? await provideKeyFile(place, manifest.dataDirectoryId, keys, steps) : undefined;
  await secrets.rewrap(source, keys, generation);
  return { protection: secrets.protection, cloud };
}

/** No instance has registered anywhere else, and people copy what is printed. */
function isIssuerOrNone(text: string | undefined): boolean {
  const url = text === undefined ? undefined : URL.parse(text);
  return url === undefined || (url !== null && isTrustworthyUrl(url) && url.origin === text);
}

async function openSecrets(
  { file, keys, steps }: RestoreRequest,
  place: RestorePlace,
  manifest: BackupManifest,
  passphrase: Uint8Array,
): Promise<SecretsStore> {
  try {
    const layout = readLayout(join(place.path, 'layout'));
    return await SecretsStore.open({
      path: join(place.path, 'secrets.db'),
      dataPath: place.target,
      keys: { ...keys, source: 'passphrase', passphrase: async () => new Uint8Array(passphrase) },
      mustExist: true,
      dataDirectoryId: layout?.dataDirectoryId,
      ...(steps && { steps }),
    });
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    throw error.code === 'written_by_newer_version'
      ? newerBackup(file, manifest.holdfast)
      : damagedBackup(file, error);
  }
}

/**
 * Makes a key file that is undone unless the place is published. On the machine of the backup, the old key file may
 * still serve the old instance, so the restored one gets another; only a file that the user names is used as it is.
 *
 * @returns the generation of the key file
 */
async function provideKeyFile(
  place: RestorePlace,
  dataDirectoryId: string,
  { file, directory }: KeyAccess,
  steps: FileSteps | undefined,
): Promise<number> {
  refuseKeyInside(place.target, file ?? directory);
  if (file !== undefined) {
    // Never undone: another instance may have taken it over meanwhile.
    await createKeyFile(file, steps);
    return 1;
  }
  const { path, generation } = await createNextKeyFile(directory, dataDirectoryId, steps);
  place.undoUnlessPublished(async () => rm(path, { force: true }));
  return generation;
}
