// The data directory as `holdfast serve` would find it, which mends modes without a word and refuses the rest.

import { constants, type Stats } from 'node:fs';
import { access, lstat, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { targetOfTemporaryFile } from '../data-directory/atomic-file.ts';
import { type Layout, readLayout, remedyForPlanted } from '../data-directory/data-directory.ts';
import { companions, foreignNames, ignoredNames, ownFiles } from '../data-directory/own-files.ts';
import { isOwnOrRoots } from '../data-directory/regular-file.ts';
import { StartupError, systemErrorCode, systemErrorReason } from '../errors.ts';
import { instanceBelow } from '../existing-secrets.ts';
import { shellWord } from '../shell-word.ts';
import { type Finding, ok, problem, problemOf, warning } from './finding.ts';

export interface DataDirectoryExamination {
  readonly findings: readonly Finding[];
  /** Whether there is a directory of an instance, in which to look further. */
  readonly isInstance: boolean;
  /** Whether an instance has kept secrets here. */
  readonly hasSecrets: boolean;
  /** Of the secrets that belong here, where it is recorded. */
  readonly dataDirectoryId?: string | undefined;
}

/** As `access` of `node:fs/promises`. */
type AssertAllowed = (path: string, mode: number) => Promise<void>;

/** The files that an instance works on where they lie, instead of replacing them. */
const usedInPlace: ReadonlySet<string> = new Set([
  'lock',
  ...['', ...companions].map((companion) => `instance.db${companion}`),
]);

/** How old a temporary file of a running instance may be, in milliseconds: saves take less. */
const longestSaveMilliseconds = 60_000;
const namesListed = 3;

/**
 * @param now milliseconds since the epoch
 * @param assertAllowed throws the system error when this user may not do that with what is at a path
 */
export async function examineDataDirectory(
  path: string,
  now: number,
  assertAllowed: AssertAllowed = access,
): Promise<DataDirectoryExamination> {
  const nothingThere = (finding: Finding) => ({ findings: [finding], isInstance: false, hasSecrets: false });
  let stats: Stats;
  let names: string[];
  try {
    stats = await stat(path);
    names = (await readdir(path)).filter((name) => !ignoredNames.has(name));
  } catch (error) {
    return nothingThere(missingDirectory(path, error));
  }
  if (names.length === 0) {
    return nothingThere(
      warning(
        'Data path',
        `${path} is empty: no instance has run on it.`,
        `Start one with: holdfast serve --data-path ${shellWord(path)}`,
      ),
    );
  }
  const inner = await instanceBelow(path);
  if (inner !== undefined) {
    return nothingThere(
      problem(
        'Data path',
        `${path} is the data path of npm start; the instance has its own below it.`,
        `Run holdfast doctor with --data-path ${shellWord(inner)}`,
      ),
    );
  }
  if (!names.some((name) => ownFiles.has(name))) {
    return nothingThere(
      problem('Data path', `${path} holds files, and none of them is Holdfast's.`, nameAnother),
    );
  }
  const layout = await examineLayout(join(path, 'layout'));
  return {
    findings: [
      judgeDirectory(path, stats),
      ...(await assertAllowed(path, constants.W_OK | constants.X_OK).then(
        () => [],
        (error: unknown) => [unwritable(path, stats, error)],
      )),
      ...(await examineFiles(path, names, now, assertAllowed)),
      layout.finding,
    ],
    isInstance: true,
    hasSecrets: layout.isRecorded,
    dataDirectoryId: layout.layout?.dataDirectoryId,
  };
}

/** The remedy for an instance that is looked for in the wrong place. */
const nameAnother = 'Name the data path of the instance with --data-path.';

function missingDirectory(path: string, error: unknown): Finding {
  switch (systemErrorCode(error)) {
    case 'ENOENT':
      return problem('Data path', `There is no directory ${path}.`, nameAnother);
    case 'ENOTDIR':
      return problem('Data path', `${path} is no directory.`, nameAnother);
    default:
      return unreadable('Data path', path, error);
  }
}

function unreadable(check: string, path: string, error: unknown): Finding {
  return problem(
    check,
    `${path} cannot be read (${systemErrorCode(error) ?? 'unknown error'}).`,
    'Run holdfast doctor as the user who runs the instance.',
  );
}

/** Judges owner and mode of the data directory itself. */
export function judgeDirectory(path: string, { uid, mode }: Pick<Stats, 'uid' | 'mode'>): Finding {
  if (!isOwnOrRoots(uid)) {
    return problem(
      'Data path',
      `${path} belongs to another user (uid ${uid}).`,
      'Run holdfast doctor as that user, or give yourself the directory with chown.',
    );
  }
  return isOpenToOthers(mode)
    ? problem(
        'Data path',
        `${path} is open to other users (mode ${octal(mode)}).`,
        `Run: chmod 700 ${shellWord(path)}`,
      )
    : ok('Data path', `${path} is yours, and private.`);
}

/** What is wrong with a data directory that the system would not have written to. */
function unwritable(path: string, { uid, mode }: Stats, error: unknown): Finding {
  if (isMendedAtStart(uid, error)) {
    return warning(
      'Data path',
      `${path} may not be written by its owner (mode ${octal(mode)}): an instance that runs cannot save.`,
      `Run: chmod 700 ${shellWord(path)}, which the next start of the instance does too.`,
    );
  }
  const remedy =
    systemErrorCode(error) === 'EROFS'
      ? 'Mount its file system for writing, or move the data directory to one that can be written.'
      : `Run: chmod 700 ${shellWord(path)}`;
  return problem('Data path', `${path} cannot be written: ${systemErrorReason(error)}.`, remedy);
}

/** A start gives the owner of what is in its way the rights to it. */
function isMendedAtStart(uid: number, error: unknown): boolean {
  return systemErrorCode(error) === 'EACCES' && uid === process.getuid?.();
}

async function examineFiles(
  directory: string,
  names: readonly string[],
  now: number,
  assertAllowed: AssertAllowed,
): Promise<Finding[]> {
  const strangers = foreignNames(names);
  const findings: Finding[] = [];
  for (const name of names.filter((name) => !strangers.includes(name))) {
    const path = join(directory, name);
    try {
      const stats = await lstat(path);
      const judged = judgeFile(path, stats, now);
      findings.push(...judged);
      if (judged.length > 0 || !usedInPlace.has(name)) continue;
      await assertAllowed(path, constants.R_OK | constants.W_OK).catch((error: unknown) => {
        findings.push(...judgeRefusal(path, stats, error));
      });
    } catch (error) {
      // What a running instance has replaced a moment ago is no finding.
      if (systemErrorCode(error) !== 'ENOENT') findings.push(unreadable('Files', path, error));
    }
  }
  if (strangers.length > 0) {
    const more = strangers.length > namesListed ? ` and ${strangers.length - namesListed} more` : '';
    findings.push(
      warning(
        'Files',
        `Not everything in ${directory} is Holdfast's: ${strangers.slice(0, namesListed).join(', ')}${more}.`,
        'Move what is not to another place: the directory is for the instance alone.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('Files', 'All are regular files of yours, and private.')];
}

/** Judges a file of the instance: at most one finding, none when nothing is wrong with it. */
export function judgeFile(path: string, stats: Stats, now: number): Finding[] {
  if (!stats.isFile()) {
    const what = stats.isSymbolicLink() ? 'a symbolic link' : 'no regular file';
    return [problem('Files', `${path} is ${what}.`, remedyForPlanted(path))];
  }
  if (!isOwnOrRoots(stats.uid)) {
    const what = `${path} belongs to another user (uid ${stats.uid}).`;
    return [problem('Files', what, `Take it over with chown. Is it not yours? ${remedyForPlanted(path)}`)];
  }
  if (isOpenToOthers(stats.mode)) {
    return [
      problem(
        'Files',
        `${path} is open to other users (mode ${octal(stats.mode)}).`,
        `Run: chmod 600 ${shellWord(path)}`,
      ),
    ];
  }
  const isLeftOver =
    targetOfTemporaryFile(basename(path)) !== undefined && now - stats.mtimeMs > longestSaveMilliseconds;
  if (!isLeftOver) return [];
  return [
    isCopyForBackup(path)
      ? warning(
          'Files',
          `${path} was left by a backup that was cut off.`,
          'Run holdfast backup again, or start the instance again: either removes it.',
        )
      : warning(
          'Files',
          `${path} was left by a save that was cut off.`,
          'Start the instance again, which removes it.',
        ),
  ];
}

/** Judges what the system says to somebody who wants to read and write a file of the instance. */
export function judgeRefusal(path: string, { uid }: Pick<Stats, 'uid'>, error: unknown): Finding[] {
  const code = systemErrorCode(error);
  // On a disk that cannot be written it is the directory that tells.
  if (isMendedAtStart(uid, error) || (code !== 'EACCES' && code !== 'EPERM')) return [];
  return [
    problem(
      'Files',
      `${path} belongs to another user (uid ${uid}), and this user may not read and write it.`,
      'Take it over with chown, or run holdfast doctor as the user who runs the instance.',
    ),
  ];
}

/** Databases are not saved as a whole but for a backup. */
function isCopyForBackup(path: string): boolean {
  return ownFiles.get(targetOfTemporaryFile(basename(path)) ?? '') === 'sqlite';
}

async function examineLayout(
  path: string,
): Promise<{ finding: Finding; isRecorded: boolean; layout?: Layout | undefined }> {
  try {
    const layout = readLayout(path);
    return {
      finding: ok(
        'Layout',
        layout === undefined ? 'Not recorded yet: the next start does that.' : `Layout ${layout.number}.`,
      ),
      isRecorded: layout !== undefined,
      layout,
    };
  } catch (error) {
    const finding =
      error instanceof StartupError ? problemOf('Layout', error) : unreadable('Layout', path, error);
    return { finding, isRecorded: true };
  }
}

/** Windows has no such modes. */
function isOpenToOthers(mode: number): boolean {
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
