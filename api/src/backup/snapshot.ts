// Consistent copies of files that an instance may be changing.

import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { backup } from 'node:sqlite';
import { temporaryPathFor } from '../data-directory/atomic-file.ts';
import { readRegularFile } from '../data-directory/regular-file.ts';
import { openGuarded } from '../data-directory/untouched-database.ts';
import type { BackupFile } from './backup-format.ts';
import { MeasuredContent } from './measured-content.ts';
import { readChunks } from './read-chunks.ts';
import { untilAborted } from './until-aborted.ts';

/** A file's content at one moment; disposing of it removes what was written for it. */
export interface Snapshot extends BackupFile, AsyncDisposable {}

/** Such files are small; they are read whole into memory. */
const largestAtomicFileBytes = 1_048_576;
/** How long other connections may keep a database to themselves, in milliseconds. */
const busyTimeout = 5_000;

/** A snapshot of content that is already there. */
export function snapshotOf(name: string, content: Uint8Array): Snapshot {
  return {
    name,
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    async *content() {
      yield content;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/**
 * Reads a file that is replaced as a whole at every change.
 *
 * @throws NotRegularError; the system error of the reading
 */
export function snapshotAtomicFile(path: string): Snapshot {
  return snapshotOf(basename(path), readRegularFile(path, largestAtomicFileBytes));
}

/**
 * Lets SQLite copy a database, WAL mode included, that others may be writing to. Until it is done, the copy lies beside
 * it; then it has no name any more, so that nothing is left of it when this process is killed.
 *
 * @throws the system error, the error of SQLite, or the reason of the signal
 */
export async function snapshotDatabase(path: string, signal?: AbortSignal): Promise<Snapshot> {
  await using resources = new AsyncDisposableStack();
  const copyPath = temporaryPathFor(path);
  const removeCopy = async () => {
    for (const made of [copyPath, `${copyPath}-journal`]) await rm(made, { force: true });
  };
  resources.defer(removeCopy);
  closeSync(openSync(copyPath, 'wx', 0o600));
  await copyDatabase(path, copyPath, signal);
  const copy = resources.use(await open(copyPath));
  await removeCopy();
  const content = new MeasuredContent(untilAborted(readChunks(copy), signal));
  for await (const _piece of content);
  const held = resources.move();
  return {
    name: basename(path),
    ...content.measure(),
    content: () => readChunks(copy),
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}

async function copyDatabase(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  const hadLog = existsSync(`${from}-wal`);
  try {
    using source = openGuarded(from, { readOnly: true, timeout: busyTimeout });
    // Without a read transaction of its own the copying begins anew whenever somebody writes, and may never end.
    source.exec('BEGIN; SELECT 1 FROM sqlite_schema');
    await backup(source, to, { progress: () => signal?.throwIfAborted() });
  } finally {
    if (!hadLog) letGo(from);
  }
}

/**
 * Whoever only reads a database leaves the log and its index that it needed for that. Who may write to it takes them
 * away, if nobody else works with it: that is for SQLite to find out.
 */
function letGo(path: string): void {
  try {
    using sqlite = openGuarded(path, { timeout: 0 });
    sqlite.exec('SELECT 1 FROM sqlite_schema');
  } catch {
    // An instance has begun to use it, or it is no database, of which there is no log.
  }
}
