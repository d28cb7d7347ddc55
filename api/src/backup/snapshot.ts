// Consistent copies of files that an instance may be changing.

import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { temporaryPathFor } from '../data-directory/atomic-file.ts';
import { readRegularFile } from '../data-directory/regular-file.ts';
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
 * Lets SQLite copy a database, WAL mode included, that others may be writing to. The copy lies beside it for as long.
 *
 * @throws the system error, the error of SQLite, or the reason of the signal
 */
export async function snapshotDatabase(path: string, signal?: AbortSignal): Promise<Snapshot> {
  await using resources = new AsyncDisposableStack();
  const copyPath = temporaryPathFor(path);
  resources.defer(async () => {
    for (const made of [copyPath, `${copyPath}-journal`]) await rm(made, { force: true });
  });
  closeSync(openSync(copyPath, 'wx', 0o600));
  await copyDatabase(path, copyPath, signal);
  const copy = resources.use(await open(copyPath));
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
  using source = new DatabaseSync(from, { readOnly: true, timeout: busyTimeout });
  // Without a read transaction of its own the copying begins anew whenever somebody writes, and may never end.
  source.exec('BEGIN; SELECT 1 FROM sqlite_schema');
  await backup(source, to, { progress: () => signal?.throwIfAborted() });
}
