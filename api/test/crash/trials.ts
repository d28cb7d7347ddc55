import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type Operation, pictureOf } from './operations.ts';
import { type Fault, materialize, SimulatedDisk, type Survivors } from './simulated-disk.ts';
import { start } from './start.ts';

/** One run of an operation, in a directory of its own. */
export interface Trial {
  readonly root: string;
  readonly disk: SimulatedDisk;
}

/** As many runs of an operation as one likes, each from the same beginning. */
export class Trials implements AsyncDisposable {
  readonly #operation: Operation;
  readonly #directory: AsyncDisposable & { path: string };
  #count = 0;
  /** The picture of the beginning, and that of the end. */
  before: object = {};
  after: object = {};
  /** The steps of a run that nothing stops. */
  steps: readonly string[] = [];

  private constructor(operation: Operation, directory: AsyncDisposable & { path: string }) {
    this.#operation = operation;
    this.#directory = directory;
  }

  static async of(operation: Operation): Promise<Trials> {
    const trials = new Trials(operation, await temporaryDirectory());
    const beginning = join(trials.#directory.path, 'beginning');
    mkdirSync(beginning);
    await operation.prepare?.(beginning);
    const complete = await trials.completed();
    trials.before = await pictureOf(beginning, operation);
    trials.after = await pictureOf(complete.root, operation);
    trials.steps = complete.disk.steps;
    return trials;
  }

  /** @param fault what will go wrong */
  beginning(fault?: Fault): Trial {
    const root = this.#newDirectory();
    cpSync(join(this.#directory.path, 'beginning'), root, { recursive: true });
    return { root, disk: new SimulatedDisk(root, fault) };
  }

  async completed(): Promise<Trial> {
    const trial = this.beginning();
    await this.#run(trial);
    return trial;
  }

  /** @param index of the first step that is not done any more */
  async killedAt(index: number): Promise<Trial> {
    const trial = this.beginning({ index, kind: 'killed' });
    await this.#run(trial).catch(() => undefined);
    return trial;
  }

  /** A directory with what a power cut left. */
  directoryWith(left: Survivors): string {
    const root = this.#newDirectory();
    materialize(left, root);
    return root;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory[Symbol.asyncDispose]();
  }

  async #run({ root, disk }: Trial): Promise<void> {
    await using started = await start(root, { ...this.#operation, steps: disk });
    await this.#operation.change?.(started);
  }

  #newDirectory(): string {
    this.#count += 1;
    const path = join(this.#directory.path, String(this.#count));
    mkdirSync(path);
    return path;
  }
}
