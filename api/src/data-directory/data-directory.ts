// The data directory is private to the user who runs the instance: 0700, its files 0600, no symbolic links in it, so
// that neither another local user nor a planted link can make the instance read or write somewhere else. What is asked of
// the disk here is asked at once, as `readRegularFile` says why.

import { chmodSync, existsSync, lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StartupError, systemErrorCode, systemErrorReason } from '../errors.ts';
import { shellWord } from '../shell-word.ts';
import {
  createDirectories,
  diskSteps,
  type FileSteps,
  removeTemporaryFiles,
  targetOfTemporaryFile,
  writeFileAtomically,
} from './atomic-file.ts';
import { lockDataDirectory } from './lock.ts';
import { companions, ignoredNames, ownFiles, ownNames } from './own-files.ts';
import { isOwnOrRoots, NotRegularError, readRegularFile } from './regular-file.ts';

/** An instance's data directory, locked for this process until disposed of. */
export interface DataDirectory extends AsyncDisposable {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly secretsPath: string;
  readonly activityPath: string;
  readonly claimCodePath: string;
  /** What an instance that has kept secrets here before recorded. */
  readonly layout: Layout | undefined;
  /** Whether there must be secrets here. */
  readonly wasUsed: boolean;
  /** Records whose secrets have been saved: from now on it is a loss if they are missing, and others are refused. */
  recordSecrets(dataDirectoryId: string): Promise<void>;
  /**
   * Makes sure that this process still is the only one here.
   *
   * @throws StartupError `lock_lost`
   */
  assertHeld(): void;
}

/** What the file `layout` says. */
export interface Layout {
  /** Of the directory as a whole; each file has a format of its own besides. */
  readonly number: number;
  /** Of the secrets that belong here; the first layout did not record it. */
  readonly dataDirectoryId: string | undefined;
}

const currentLayout = 2;
const largestLayoutBytes = 64;
const layoutPattern = /^(?<number>\d{1,9})\n?(?:(?<dataDirectoryId>[0-9a-f-]{36})\n)?$/;

/**
 * Creates the data directory where there is none, unless told otherwise, makes it private and locks it. What a crash
 * left half done is removed, and what it left done but not durable becomes so.
 *
 * @param options.steps the disk, unless a test has another
 * @throws StartupError `data_path_unusable` (not creatable, not writable, someone else's, holds other things, planted
 *   links) or `data_directory_locked`.
 */
export async function openDataDirectory(
  requestedPath: string,
  { create = true, steps = diskSteps }: { create?: boolean; steps?: FileSteps } = {},
): Promise<DataDirectory> {
  const path = await directoryAt(resolve(requestedPath), { create, steps });
  refuseForeignDirectory(path);
  const layoutPath = layoutPathIn(path);
  try {
    const layout = readLayout(layoutPath);
    chmodSync(path, 0o700);
    for (const name of ownNames) makePrivate(join(path, name));
    const lock = await lockDataDirectory(path);
    try {
      removeTemporaryFiles(path, { steps });
      // Otherwise a power cut could undo what this start is about to act on.
      await steps.syncDirectory(path);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
    return {
      path,
      secretsPath: join(path, 'secrets.db'),
      activityPath: activityPathIn(path),
      claimCodePath: join(path, 'claim-code'),
      layout,
      wasUsed: layout !== undefined,
      async recordSecrets(dataDirectoryId) {
        if (layout?.dataDirectoryId === dataDirectoryId) return;
        await writeFileAtomically(layoutPath, `${currentLayout}\n${dataDirectoryId}\n`, steps);
      },
      assertHeld: () => lock.assertHeld(),
      [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
    };
  } catch (error) {
    throw error instanceof StartupError ? error : dataPathUnusable(path, error);
  }
}

async function directoryAt(
  path: string,
  { create, steps }: { create: boolean; steps: FileSteps },
): Promise<string> {
  try {
    // Nothing is put into a directory before that is durably there.
    if (create && !existsSync(layoutPathIn(path))) await createDirectories(path, steps);
    return realpathSync.native(path);
  } catch (error) {
    throw dataPathUnusable(path, error);
  }
}

/**
 * Refuses the directory of another user.
 *
 * @throws StartupError `data_path_unusable`
 */
export function refuseOthersDirectory(path: string): void {
  const { uid } = lstatSync(path);
  if (isOwnOrRoots(uid)) return;
  throw new StartupError(
    'data_path_unusable',
    `The data path ${path} belongs to another user (uid ${uid}). Choose a directory of your own with --data-path.`,
  );
}

/** A mistyped `--data-path /etc` must neither change the modes of that directory nor scatter files in it. */
function refuseForeignDirectory(path: string): void {
  refuseOthersDirectory(path);
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (error) {
    throw dataPathUnusable(path, error);
  }
  const others = names.filter((name) => !ignoredNames.has(name));
  if (others.length > 0 && !others.some((name) => ownNames.includes(targetOfTemporaryFile(name) ?? name))) {
    if (others.includes('instance')) throw sharedWithCloud(path, join(path, 'instance'));
    throw new StartupError(
      'data_path_unusable',
      `The data path ${path} already holds files that are not Holdfast's. Choose an empty or new directory with --data-path.`,
    );
  }
}

/** What to say of the data path of `npm start`, where the instance has only the directory `inner`. */
export function sharedWithCloud(path: string, inner: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `The data path ${path} belongs to a cloud and an instance together, as npm start runs them. For the instance alone, use --data-path ${inner}.`,
  );
}

function layoutPathIn(path: string): string {
  return join(path, 'layout');
}

function activityPathIn(path: string): string {
  return join(path, 'instance.db');
}

/**
 * The layout of a directory that has been used; undefined where no instance has kept secrets. An instance records it
 * before it writes anything else.
 *
 * @throws StartupError `written_by_newer_version`, `data_path_unusable`; the system error of the reading
 */
export function readLayout(path: string): Layout | undefined {
  let text: string;
  try {
    text = readRegularFile(path, largestLayoutBytes).toString();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') {
      const activity = lstatSync(activityPathIn(dirname(path)), { throwIfNoEntry: false });
      if (activity?.isFile()) throw missingLayout(path);
      return undefined;
    }
    throw systemErrorCode(error) === 'ELOOP' || error instanceof NotRegularError ? notRegular(path) : error;
  }
  const { number, dataDirectoryId } = layoutPattern.exec(text)?.groups ?? {};
  if (number === undefined) {
    throw new StartupError(
      'data_path_unusable',
      `${path} is damaged: it should hold the number of the data directory's layout and its id. Restore it from your backup.`,
    );
  }
  if (Number(number) > currentLayout) {
    throw new StartupError(
      'written_by_newer_version',
      `The data path ${dirname(path)} was written by a newer version of Holdfast (layout ${number}; this version reads up to ${currentLayout}). Use that version, or choose another directory with --data-path; nothing has been changed.`,
    );
  }
  return { number: Number(number), dataDirectoryId };
}

/** Whoever took it away may have put other secrets here as well. */
function missingLayout(path: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `${path} is missing, though an instance has run here: it names the secrets that belong here. Restore it from your backup. Without one, and if you trust secrets.db, run: echo 1 > ${shellWord(path)}`,
  );
}

/** Nobody else may read or write it, and its owner may do both: SQLite gives what it puts beside a file the same mode. */
function makePrivate(path: string): void {
  const stats = statOwnFile(path);
  if (stats && process.platform !== 'win32' && (stats.mode & 0o777) !== 0o600) chmodSync(path, 0o600);
}

/**
 * What is known about a file in a data directory; undefined when it is not there.
 *
 * @throws StartupError `data_path_unusable` when it is no regular file of this user or root; the system error
 */
export function statOwnFile(path: string): Stats | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats && (!stats.isFile() || !isOwnOrRoots(stats.uid))) throw notRegular(path);
  return stats;
}

/**
 * What is known about a SQLite database in a data directory, as `statOwnFile`, once it is clear that what SQLite opens
 * along with it is no pipe, for which it would wait.
 *
 * @throws as `statOwnFile`
 */
export function statOwnDatabase(path: string): Stats | undefined {
  const stats = statOwnFile(path);
  if (stats) for (const companion of companions) statOwnFile(`${path}${companion}`);
  return stats;
}

function notRegular(path: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `${path} is not a regular file of yours (a symbolic link, a directory or someone else's). ${remedyForPlanted(path)}`,
  );
}

/** What to do about something in the place of one of the instance's files: what it cannot do without is in backups. */
export function remedyForPlanted(path: string): string {
  return (ownFiles.get(basename(path)) ?? 'never') === 'never'
    ? 'Move it away and start the instance again.'
    : 'Put the right file back in its place, from your backup if need be.';
}

/**
 * What to say when the system refuses something in a data path.
 *
 * @param reasons words that fit the occasion better, by the code of the system
 */
export function dataPathUnusable(
  path: string,
  cause: unknown,
  reasons: Readonly<Record<string, string>> = {},
): StartupError {
  const reason = systemErrorReason(cause, { EEXIST: 'it is a file, not a directory', ...reasons });
  const mend = waysToMend[systemErrorCode(cause) ?? ''];
  const remedy =
    mend === undefined
      ? 'Choose a directory that you may write to with --data-path.'
      : `${mend}, or choose another directory for a new instance with --data-path.`;
  return new StartupError(
    'data_path_unusable',
    `The data path ${path} cannot be used: ${reason}. ${remedy}`,
    {
      cause,
    },
  );
}

/** Where an instance has run, another directory would be another instance. */
const waysToMend: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on its disk',
  EDQUOT: 'Make room in your quota',
  EROFS: 'Mount its file system for writing',
  EACCES: 'Give this user the right to read and write there',
  EPERM: 'Give this user the right to read and write there',
};
