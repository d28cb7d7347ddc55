// A backup moves an instance to another machine: its data with its secrets, under a passphrase of the backup's own. The
// wrapping key is not in it. The instance may run meanwhile, and no lock is taken.

import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createFileAtomically, diskSteps, type FileSteps } from '../data-directory/atomic-file.ts';
import { dataPathUnusable, statOwnDatabase, statOwnFile } from '../data-directory/data-directory.ts';
import { isInside } from '../data-directory/inside.ts';
import { type BackupKind, type FileTable, foreignNames, ownFiles } from '../data-directory/own-files.ts';
import {
  isSystemError,
  StartupError,
  sqlitePlaceProblem,
  systemErrorCode,
  systemErrorReason,
} from '../errors.ts';
import { locateSecrets } from '../existing-secrets.ts';
import type { KeyAccess, PassphraseReader } from '../secrets/key-source.ts';
import { createPassphraseSource, derivePassphraseKey } from '../secrets/passphrase.ts';
import { StreamKey } from '../secrets/sealed-stream.ts';
import { SecretsStore } from '../secrets/secrets-store.ts';
import { version } from '../version.ts';
import { sealBackup } from './backup-format.ts';
import type { BackupManifest } from './backup-manifest.ts';
import { removeLeftoverCopies } from './leftover-copies.ts';
import { type Snapshot, snapshotAtomicFile, snapshotDatabase, snapshotOf } from './snapshot.ts';
import { untilAborted } from './until-aborted.ts';

export interface BackupRequest {
  readonly dataPath: string;
  /** How to open the secrets of the instance. */
  readonly keys: KeyAccess;
  /** The file to write, which must not exist. */
  readonly file: string;
  /** Of the backup; asked for as a new one. */
  readonly passphrase: PassphraseReader;
  /** Ends the work, with nothing left behind. */
  readonly signal?: AbortSignal;
  /** What a data directory holds, unless a test has another idea. */
  readonly table?: FileTable;
  /** The disk, unless a test has another. */
  readonly steps?: FileSteps;
}

export interface CreatedBackup {
  readonly manifest: BackupManifest;
  /** What lies in the data directory and is not Holdfast's, and so not in the backup. */
  readonly leftOut: readonly string[];
  /** Copies that killed backups had left in the data directory. */
  readonly removed: readonly string[];
}

/**
 * Writes a backup (mode 0600) in one step: a crash leaves no part of it under its name.
 *
 * @throws StartupError `backup_unusable`, `data_path_unusable`, `written_by_newer_version`, or what
 *   `SecretsStore.inspect` throws; the reason of the signal
 */
export async function createBackup(request: BackupRequest): Promise<CreatedBackup> {
  const { file, keys, signal, table = ownFiles, steps = diskSteps } = request;
  const dataPath = resolve(request.dataPath);
  await refuseBadFile(file, dataPath);
  using secrets = await SecretsStore.inspect(await locateSecrets(dataPath, keys));
  const names = await namesIn(dataPath);
  const removed = removeLeftoverCopies(dataPath, names, table);
  const passphrase = await request.passphrase(true);
  await using resources = new AsyncDisposableStack();
  resources.defer(() => void passphrase.fill(0));

  const files: Snapshot[] = [];
  for (const [name, kind] of table) {
    signal?.throwIfAborted();
    const snapshot = await snapshotFile(join(dataPath, name), kind, { secrets, passphrase, signal });
    if (snapshot) files.push(resources.use(snapshot));
  }
  const manifest: BackupManifest = {
    holdfast: version,
    createdAt: new Date(),
    dataDirectoryId: secrets.dataDirectoryId,
    files,
  };
  const source = createPassphraseSource();
  using key = await StreamKey.from(await derivePassphraseKey(source, passphrase));
  const content = sealBackup(manifest, files, source, key);
  try {
    await createFileAtomically(file, untilAborted(content, signal), steps);
  } catch (error) {
    throw isSystemError(error) ? unwritable(file, error) : error;
  }
  return { manifest, leftOut: foreignNames(names, table), removed };
}

/** @throws StartupError `backup_unusable` */
async function refuseBadFile(file: string, dataPath: string): Promise<void> {
  if (isInside(dataPath, file)) {
    throw new StartupError(
      'backup_unusable',
      `${file} lies inside the data directory ${dataPath}, and would be lost with it. Choose a place outside.`,
    );
  }
  try {
    if (await exists(file)) throw alreadyThere(file);
    await lstat(dirname(file));
  } catch (error) {
    throw error instanceof StartupError ? error : unwritable(file, error);
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (systemErrorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

async function namesIn(dataPath: string): Promise<string[]> {
  try {
    return await readdir(dataPath);
  } catch (error) {
    throw dataPathUnusable(dataPath, error);
  }
}

/**
 * @returns undefined when there is no such file, or when it belongs into no backup
 * @throws StartupError `data_path_unusable`, `backup_unusable`
 */
async function snapshotFile(
  path: string,
  kind: BackupKind,
  {
    secrets,
    passphrase,
    signal,
  }: { secrets: SecretsStore; passphrase: Uint8Array; signal: AbortSignal | undefined },
): Promise<Snapshot | undefined> {
  try {
    if (kind === 'never') return undefined;
    if (!(kind === 'sqlite' ? statOwnDatabase(path) : statOwnFile(path))) return undefined;
    switch (kind) {
      case 'secrets':
        return snapshotOf(basename(path), await secrets.contentForPassphrase(new Uint8Array(passphrase)));
      case 'atomic-file':
        return snapshotAtomicFile(path);
      case 'sqlite':
        return await snapshotDatabase(path, signal);
    }
  } catch (error) {
    throw signal?.aborted || error instanceof StartupError ? error : uncopied(path, error);
  }
}

function uncopied(path: string, cause: unknown): StartupError {
  const placeProblem = sqlitePlaceProblem(cause);
  const isDamaged = placeProblem === undefined && systemErrorCode(cause) === 'ERR_SQLITE_ERROR';
  const reason = isDamaged
    ? 'it is damaged'
    : (placeProblem ?? systemErrorReason(cause, { ENOENT: 'the instance was started meanwhile' }));
  const remedy = isDamaged
    ? 'Put an older one in its place, or move it away: nothing but the audit log and the list of sessions is lost.'
    : 'For a moment a copy has to lie beside it: make room and let this user write there, or copy the data directory to another disk and back up that copy with --data-path.';
  return new StartupError(
    'backup_unusable',
    `${path} cannot be copied into the backup: ${reason}. ${remedy}`,
    { cause },
  );
}

function alreadyThere(file: string, cause?: unknown): StartupError {
  return new StartupError(
    'backup_unusable',
    `${file} exists already, and a backup never replaces a file. Choose another name.`,
    { cause },
  );
}

function unwritable(file: string, cause: unknown): StartupError {
  if (systemErrorCode(cause) === 'EEXIST') return alreadyThere(file, cause);
  return new StartupError(
    'backup_unusable',
    `The backup cannot be written to ${file}: ${systemErrorReason(cause)}. Choose another place.`,
    { cause },
  );
}
