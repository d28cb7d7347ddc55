import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { SecretsStore } from '../../src/secrets/secrets-store.ts';
import { beginning, formatProgress, isBehind, isSame, type Progress, progressOf } from './progress.ts';
import { locationIn, start } from './start.ts';
import { killWriter } from './writer-process.ts';

/** A directory that cannot be used or holds what nobody wrote, or one that lacks what was acknowledged. */
export interface Problem {
  readonly kind: 'torn' | 'lost';
  readonly what: string;
}

/** What one kill left. */
export interface Finding {
  readonly problems: readonly Problem[];
  /** Whether the writer had opened the directory, and after how many milliseconds. */
  readonly openedAfter: number | undefined;
  /** Whether a save was under way: its temporary file is still there. */
  readonly isMidSave: boolean;
  /** How many changes were acknowledged. */
  readonly changes: number;
}

/** A directory that writers use one after the other, and what it must hold. */
export class WrittenDirectory {
  readonly #root: string;
  readonly #cache: string;
  /** What it was last seen to hold; undefined before the first secrets.db. */
  #progress: Progress | undefined;
  #temporaryFiles: readonly string[] = [];

  /**
   * @param root a directory that is not there yet
   * @param cache directory for compiled code
   */
  constructor(root: string, cache: string) {
    this.#root = root;
    this.#cache = cache;
    mkdirSync(root);
  }

  /** Lets a writer go on with it, kills that after some milliseconds, and judges what is left. */
  async killWriter(after: number): Promise<Finding> {
    const before = this.#progress;
    const oldTemporaryFiles = this.#temporaryFiles;
    const report = await killWriter(this.#root, after, this.#cache);
    this.#temporaryFiles = this.#findTemporaryFiles();

    const problems: Problem[] = [];
    if (report.failure !== undefined) problems.push(torn(`the writer ${report.failure}`));
    if (report.opened) {
      problems.push(...judge(report.opened, before, beginning));
      const kept = oldTemporaryFiles.filter((name) => this.#temporaryFiles.includes(name));
      if (kept.length > 0) problems.push(torn(`the start left ${kept.join(', ')}`));
    }
    const acknowledged = report.acknowledged ?? report.opened ?? before;
    try {
      this.#progress = await this.#look();
      problems.push(...judge(this.#progress, acknowledged, report.begun ?? beginning));
    } catch (error) {
      problems.push(torn(String(error)));
    }
    return {
      problems,
      openedAfter: report.openedAfter,
      isMidSave: this.#temporaryFiles.length > 0,
      changes: report.changes,
    };
  }

  /** Starts it once more, without a crash, and removes it. */
  async retire(): Promise<readonly Problem[]> {
    try {
      await using started = await start(this.#root);
      const problems = [...judge(progressOf(started.store), this.#progress, beginning)];
      const kept = this.#findTemporaryFiles();
      if (kept.length > 0) problems.push(torn(`the last start left ${kept.join(', ')}`));
      return problems;
    } catch (error) {
      return [torn(String(error))];
    } finally {
      rmSync(this.#root, { recursive: true });
    }
  }

  /** Reads secrets.db and its key, and changes nothing. */
  async #look(): Promise<Progress | undefined> {
    const location = locationIn(this.#root);
    if (!existsSync(location.path)) return undefined;
    using store = await SecretsStore.inspect(location);
    return progressOf(store);
  }

  #findTemporaryFiles(): string[] {
    const { dataPath } = locationIn(this.#root);
    return existsSync(dataPath) ? readdirSync(dataPath).filter((name) => name.endsWith('.tmp')) : [];
  }
}

/**
 * What is wrong with what was found.
 *
 * @param acknowledged undefined where nothing was; then nothing need be there
 * @param begun the only other thing that may be there
 */
function* judge(
  found: Progress | undefined,
  acknowledged: Progress | undefined,
  begun: Progress,
): Generator<Problem> {
  if (found ? isSame(found, acknowledged ?? begun) || isSame(found, begun) : !acknowledged) return;
  const what = `found ${describe(found)}, acknowledged was ${describe(acknowledged)}, begun ${describe(begun)}`;
  const isLost = acknowledged && (!found || isBehind(found, acknowledged));
  yield { kind: isLost ? 'lost' : 'torn', what };
}

function torn(what: string): Problem {
  return { kind: 'torn', what };
}

function describe(progress: Progress | undefined): string {
  return progress ? formatProgress(progress) : 'nothing';
}
