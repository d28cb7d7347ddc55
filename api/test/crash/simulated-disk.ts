// What POSIX promises about files, and no more: content is safe once the file was synchronized, a name once its
// directory was. Before that a power cut may leave a file empty, cut short or full of zeros, and each name of a directory
// at any of the values that it had since, whatever became of the others.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { diskSteps, type FileSteps, type NewFile } from '../../src/data-directory/atomic-file.ts';

/** What goes wrong: the process is dead from step `index` (from 0) on, or that step alone fails. */
export interface Fault {
  readonly index: number;
  readonly kind: 'killed' | 'ENOSPC' | 'EIO';
}

/** The paths and contents (undefined for a directory) that are left after a power cut. */
export type Survivors = ReadonlyMap<string, Uint8Array | undefined>;

interface Inode {
  /** Undefined for a directory. */
  content: Uint8Array | undefined;
  isSynchronized: boolean;
}

/** Does on the real disk, below `root`, what a living process sees; what was there before is safe. */
export class SimulatedDisk implements FileSteps {
  readonly #root: string;
  /** For each path the values that its name had since its directory was synchronized, the oldest first. */
  readonly #names = new Map<string, (Inode | undefined)[]>();
  readonly #steps: string[] = [];
  #fault: Fault | undefined;

  constructor(root: string, fault?: Fault) {
    this.#root = root;
    this.#fault = fault;
    for (const [path, content] of filesBelow(root)) {
      this.#names.set(path, [{ content, isSynchronized: true }]);
    }
  }

  /** The steps so far, done or failed, with their paths. */
  get steps(): readonly string[] {
    return this.#steps;
  }

  /** A new process finds the disk as the killed one left it; nothing goes wrong for it. */
  restart(): void {
    this.#fault = undefined;
  }

  createExclusively(path: string): NewFile {
    this.#step('create', path);
    const file = diskSteps.createExclusively(path);
    const inode: Inode = { content: new Uint8Array(), isSynchronized: false };
    this.#name(path, inode);
    return {
      // A fault comes in the middle of it.
      write: (content) => {
        const bytes = new Uint8Array(Buffer.from(content));
        inode.content = bytes.subarray(0, bytes.length / 2);
        file.write(inode.content);
        this.#step('write', path);
        inode.content = bytes;
        file.write(bytes.subarray(bytes.length / 2));
      },
      sync: async () => {
        this.#step('sync', path);
        inode.isSynchronized = true;
      },
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  }

  rename(from: string, to: string): void {
    this.#step('rename', from, to);
    diskSteps.rename(from, to);
    this.#name(to, this.#current(from));
    this.#name(from, undefined);
  }

  link(from: string, to: string): void {
    this.#step('link', from, to);
    diskSteps.link(from, to);
    this.#name(to, this.#current(from));
  }

  unlink(path: string): void {
    this.#step('unlink', path);
    diskSteps.unlink(path);
    this.#name(path, undefined);
  }

  createDirectory(path: string): void {
    this.#step('create directory', path);
    diskSteps.createDirectory(path);
    if (!this.#current(path)) this.#name(path, { content: undefined, isSynchronized: true });
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step('sync directory', path);
    const directory = relative(this.#root, path) || '.';
    for (const [name, values] of this.#names) {
      if (dirname(name) === directory) this.#names.set(name, values.slice(-1));
    }
  }

  /** What is there unless the power is cut. */
  get present(): Survivors {
    return survivors([...this.#names].map(([path, values]) => [path, values.at(-1)]));
  }

  /** Everything that a power cut may leave. */
  *afterPowerCut(): Generator<Survivors> {
    const unsynchronized = new Set(
      [...this.#names.values()].flat().filter((inode) => inode?.isSynchronized === false),
    ) as Set<Inode>;
    const seen = new Set<string>();
    const contents = [...unsynchronized].map((inode) =>
      tornContents(inode.content as Uint8Array).map((content) => [inode, content] as const),
    );
    for (const chosen of combinations(contents)) {
      const torn = new Map(chosen);
      const names = [...this.#names].map(([path, values]) => values.map((inode) => [path, inode] as const));
      for (const entries of combinations(names)) {
        const left = survivors(
          entries.map(([path, inode]) => [
            path,
            inode && { content: torn.get(inode) ?? inode.content, isSynchronized: true },
          ]),
        );
        const key = [...left].map(
          ([path, content]) => `${path} ${Buffer.from(content ?? []).toString('hex')}`,
        );
        if (seen.has(key.join())) continue;
        seen.add(key.join());
        yield left;
      }
    }
  }

  #step(what: string, ...paths: string[]): void {
    const isFaulty = this.#fault?.index === this.#steps.length;
    if (isFaulty && this.#fault?.kind === 'killed') throw new Error('The process was killed.');
    this.#steps.push([what, ...paths.map((path) => relative(this.#root, path) || '.')].join(' '));
    if (isFaulty)
      throw Object.assign(new Error(`${this.#fault?.kind}: ${what}`), { code: this.#fault?.kind });
  }

  #name(path: string, inode: Inode | undefined): void {
    const name = relative(this.#root, path);
    this.#names.set(name, [...(this.#names.get(name) ?? [undefined]), inode]);
  }

  #current(path: string): Inode | undefined {
    return this.#names.get(relative(this.#root, path))?.at(-1);
  }
}

/** Puts what a power cut left into the empty directory `root`. */
export function materialize(left: Survivors, root: string): void {
  for (const [path, content] of [...left].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (content) writeFileSync(join(root, path), content, { mode: 0o600 });
    else mkdirSync(join(root, path), { mode: 0o700 });
  }
}

/** The files and directories below `root`. */
export function filesBelow(root: string): Survivors {
  return new Map(
    readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path), entry.isFile() ? new Uint8Array(readFileSync(path)) : undefined];
    }),
  );
}

/** What may be in a file that was not synchronized. */
function tornContents(content: Uint8Array): Uint8Array[] {
  return [
    content,
    new Uint8Array(),
    content.subarray(0, content.length / 2),
    content.subarray(0, content.length - 1),
    new Uint8Array(content.length),
  ];
}

/** Names with a value, in directories that are left. */
function survivors(entries: (readonly [path: string, inode: Inode | undefined])[]): Survivors {
  const named = new Map(entries.filter(([, inode]) => inode !== undefined));
  const isThere = (path: string): boolean => path === '.' || (named.has(path) && isThere(dirname(path)));
  return new Map([...named].filter(([path]) => isThere(path)).map(([path, inode]) => [path, inode?.content]));
}

/** Every way to take one of each. */
function* combinations<T>(choices: readonly (readonly T[])[]): Generator<T[]> {
  const [first, ...rest] = choices;
  if (!first) {
    yield [];
    return;
  }
  for (const others of combinations(rest)) for (const one of first) yield [one, ...others];
}
