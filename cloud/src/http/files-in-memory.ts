import { readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/** Three times what the web app has. */
const mostBytes = 32 * 1024 * 1024;

export interface FileInMemory {
  readonly content: Buffer<ArrayBuffer>;
  readonly modifiedAt: Date;
}

interface KeptFile extends FileInMemory {
  /** Tells whether another file has taken its place, even one with the time of an older one. */
  readonly version: string;
}

/**
 * The files of a directory, each read once: all who read one at the same time share its bytes, however slow they are. Read
 * again when they have changed, as they do below a cloud that runs while its files are replaced.
 */
export class FilesInMemory {
  readonly #directory: string;
  readonly #mostBytes: number;
  readonly #kept = new Map<string, KeptFile>();
  #bytes = 0;

  constructor(directory: string, maximumBytes = mostBytes) {
    this.#directory = directory;
    this.#mostBytes = maximumBytes;
  }

  /**
   * @returns `missing` if there is no such file, `too large` if there is no room for it
   */
  read(name: string): FileInMemory | 'missing' | 'too large' {
    const stats = this.#statsOf(name);
    if (!stats) {
      this.#forget(name);
      return 'missing';
    }
    const kept = this.#kept.get(name);
    const version = versionOf(stats);
    if (kept?.version === version) return kept;
    this.#forget(name);
    if (!this.#hasRoomFor(stats.size)) return 'too large';
    const file = { content: readFileSync(join(this.#directory, name)), modifiedAt: stats.mtime, version };
    this.#kept.set(name, file);
    this.#bytes += file.content.byteLength;
    return file;
  }

  #statsOf(name: string): Stats | undefined {
    const stats = statSync(join(this.#directory, name), { throwIfNoEntry: false });
    return stats?.isFile() ? stats : undefined;
  }

  /** The names of assets change with what is in them, so those of another build are gone. */
  #hasRoomFor(bytes: number): boolean {
    if (this.#bytes + bytes <= this.#mostBytes) return true;
    for (const name of this.#kept.keys()) if (!this.#statsOf(name)) this.#forget(name);
    return this.#bytes + bytes <= this.#mostBytes;
  }

  #forget(name: string): void {
    this.#bytes -= this.#kept.get(name)?.content.byteLength ?? 0;
    this.#kept.delete(name);
  }
}

function versionOf({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`;
}
