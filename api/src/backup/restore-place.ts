// A data directory is restored beside its place and takes it in one step: a crash leaves it whole or not there at all.

import { lstat, mkdir, readdir, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  createDirectories,
  type FileSteps,
  targetOfTemporaryFile,
  temporaryPathFor,
} from '../data-directory/atomic-file.ts';
import { dataPathUnusable, refuseOthersDirectory } from '../data-directory/data-directory.ts';
import { StartupError, systemErrorCode, systemErrorReason } from '../errors.ts';

/** The place of a data directory that is being restored. Disposing of it removes what has not been published. */
export class RestorePlace implements AsyncDisposable {
  /** Where the data directory will be. */
  readonly target: string;
  /** Where it is prepared. */
  readonly path: string;
  readonly #steps: FileSteps;
  /** Whether there is an empty directory to replace. */
  readonly #isThere: boolean;
  readonly #undo = new AsyncDisposableStack();

  private constructor(target: string, isThere: boolean, steps: FileSteps) {
    this.target = target;
    this.path = temporaryPathFor(target);
    this.#isThere = isThere;
    this.#steps = steps;
  }

  /**
   * Finds out whether a data directory can be restored to `requestedPath`, and changes nothing.
   *
   * @throws StartupError `data_path_unusable` when there is anything but an empty directory
   */
  static async find(requestedPath: string, steps: FileSteps): Promise<RestorePlace> {
    const path = resolve(requestedPath);
    try {
      const isThere = await lstat(path).then(() => true, ignoreMissing(false));
      if (!isThere) return new RestorePlace(path, false, steps);
      const target = await realpath(path);
      refuseOthersDirectory(target);
      if ((await readdir(target)).length > 0) throw notEmpty(target);
      if ((await stat(target)).dev !== (await stat(dirname(target))).dev) throw mountPoint(target);
      return new RestorePlace(target, true, steps);
    } catch (error) {
      throw error instanceof StartupError
        ? error
        : dataPathUnusable(path, error, { ENOTDIR: 'it, or a part of it, is a file' });
    }
  }

  /**
   * Makes the directory (0700) to prepare in.
   *
   * @throws StartupError `data_path_unusable`
   */
  async create(): Promise<void> {
    const parent = dirname(this.target);
    try {
      for (const made of await missingDirectories(parent)) {
        // Somebody else may use it by then.
        this.#undo.defer(async () => rmdir(made).catch(() => undefined));
      }
      await createDirectories(parent, this.#steps);
      await mkdir(this.path, { mode: 0o700 });
      this.#undo.defer(async () => rm(this.path, { recursive: true, force: true }));
    } catch (error) {
      throw new StartupError(
        'data_path_unusable',
        `The data directory cannot be restored to ${this.target}: it has to be prepared in ${parent}, which does not work (${systemErrorReason(error)}). Choose a directory in a place that you may write to with --data-path.`,
        { cause: error },
      );
    }
  }

  /** What restores to the same place that were interrupted have left, or ones that still run are writing. */
  async leftovers(): Promise<string[]> {
    const parent = dirname(this.target);
    const names = await readdir(parent).catch(ignoreMissing<string[]>([]));
    return names
      .filter((name) => targetOfTemporaryFile(name) === basename(this.target))
      .map((name) => join(parent, name));
  }

  /** Has `undo` done when the place is disposed of without having been published. */
  undoUnlessPublished(undo: () => Promise<void>): void {
    this.#undo.defer(undo);
  }

  /** Puts what was prepared into its place, durably. @throws the system error */
  async publish(): Promise<void> {
    await this.#steps.syncDirectory(this.path);
    // Not every system replaces even an empty directory.
    if (this.#isThere) await rmdir(this.target);
    this.#steps.rename(this.path, this.target);
    this.#undo.move();
    await this.#steps.syncDirectory(dirname(this.target));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo.disposeAsync();
  }
}

/** `path` and the directories above it that do not exist, from above. */
async function missingDirectories(path: string): Promise<string[]> {
  const isThere = await stat(path).then(() => true, ignoreMissing(false));
  return isThere ? [] : [...(await missingDirectories(dirname(path))), path];
}

function ignoreMissing<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (systemErrorCode(error) === 'ENOENT') return value;
    throw error;
  };
}

function notEmpty(target: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `The data path ${target} already holds files, and a backup is never mixed with them. Choose an empty or new directory with --data-path.`,
  );
}

function mountPoint(target: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `The data path ${target} is a mount point, which cannot be put into place in one step. Choose a new directory inside it with --data-path.`,
  );
}
