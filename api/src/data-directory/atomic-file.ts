import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsync as fsyncCallback,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { systemErrorCode } from '../errors.ts';

/** SQLite puts a journal beside a database that it writes. */
const temporaryName = /^\.(?<target>.+)\.[0-9a-f]{16}\.tmp(?:-journal)?$/;

/** How file systems without hard links refuse one. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** The steps that atomic writes consist of. The machine may stop after each; crash tests inject a disk that does. */
export interface FileSteps {
  /** @throws EEXIST when there is anything at `path`, a dangling symbolic link included */
  createExclusively(path: string): NewFile;
  rename(from: string, to: string): void;
  /** @throws EEXIST when there is anything at `to` */
  link(from: string, to: string): void;
  unlink(path: string): void;
  /**
   * Creates a directory (0700, whatever the umask) in one that exists, unless it is there already.
   *
   * @throws EEXIST when it is a file
   */
  createDirectory(path: string): void;
  /** Makes the entries of a directory (a rename, a new file) durable. */
  syncDirectory(path: string): Promise<void>;
}

/** A file (mode 0600, whatever the umask) that was created in this step. */
export interface NewFile extends Disposable {
  /** Writes after what was written before. */
  write(content: Uint8Array | string): void;
  /** Makes the content durable. */
  sync(): Promise<void>;
}

/** What a file is to hold: all of it, or one piece after the other. */
export type FileContent = Uint8Array | string | AsyncIterable<Uint8Array>;

const fsync = promisify(fsyncCallback);

/** The disk. Only what waits for it is asynchronous; the rest happens in memory and would take longer to hand over. */
export const diskSteps: FileSteps = {
  createExclusively(path) {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const descriptor = openSync(path, flags, 0o600);
    return {
      write(content) {
        fchmodSync(descriptor, 0o600);
        writeFileSync(descriptor, content);
      },
      sync: async () => fsync(descriptor),
      [Symbol.dispose]: () => closeSync(descriptor),
    };
  },
  rename: renameSync,
  link: linkSync,
  unlink: unlinkSync,
  // Not recursive: Node's own recursion never ends where a file system has no room for directories (/proc).
  createDirectory(path) {
    try {
      mkdirSync(path, { mode: 0o700 });
      chmodSync(path, 0o700);
    } catch (error) {
      // Another start may have made it meanwhile; anything else there is found out by who uses it.
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
  },
  // Windows offers no such call and needs none.
  async syncDirectory(path) {
    if (process.platform === 'win32') return;
    const descriptor = openSync(path, constants.O_RDONLY);
    try {
      await fsync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
};

/**
 * Replaces the content of `path` (mode 0600) in one step: a reader, and whoever comes after a crash at any point, finds
 * either the old content or the new one, whole. Once the promise resolves, the new content survives a power cut.
 *
 * @throws the system error of the step that failed; `path` is then unchanged, unless that step was the last: then it
 *   holds the new content, which a power cut may still undo.
 */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  steps: FileSteps = diskSteps,
): Promise<void> {
  await throughTemporaryFile(path, content, steps, (temporaryPath) => steps.rename(temporaryPath, path));
}

/**
 * Creates `path` (mode 0600) with its whole content in one step, durable once the promise resolves. Where the file
 * system has no hard links (FAT), a crash may leave an empty file.
 *
 * @throws EEXIST when there is anything at `path`, a dangling symbolic link included; the system error of another step
 *   that failed: `path` may then be there, whole, if that was one of the last two.
 */
export async function createFileAtomically(
  path: string,
  content: FileContent,
  steps: FileSteps = diskSteps,
): Promise<void> {
  await throughTemporaryFile(path, content, steps, (temporaryPath) => {
    publishOnce(temporaryPath, path, steps);
  });
}

function publishOnce(temporaryPath: string, path: string, steps: FileSteps): void {
  try {
    steps.link(temporaryPath, path);
  } catch (error) {
    if (!withoutLinks.has(systemErrorCode(error) ?? '')) throw error;
    // Taking the name with an empty file is refused as a link is when there is anything at `path`.
    steps.createExclusively(path)[Symbol.dispose]();
    try {
      steps.rename(temporaryPath, path);
    } catch (renameError) {
      steps.unlink(path);
      throw renameError;
    }
    return;
  }
  steps.unlink(temporaryPath);
}

async function throughTemporaryFile(
  path: string,
  content: FileContent,
  steps: FileSteps,
  publish: (temporaryPath: string) => void,
): Promise<void> {
  const temporaryPath = temporaryPathFor(path);
  try {
    {
      using file = steps.createExclusively(temporaryPath);
      await writeContent(file, content);
      await file.sync();
    }
    publish(temporaryPath);
  } catch (error) {
    try {
      steps.unlink(temporaryPath);
    } catch {
      // It was never made; what matters is why.
    }
    throw error;
  }
  await steps.syncDirectory(dirname(path));
}

/** Writes the whole `content` to a new file. */
export async function writeContent(file: NewFile, content: FileContent): Promise<void> {
  if (typeof content === 'string' || content instanceof Uint8Array) file.write(content);
  else for await (const piece of content) file.write(piece);
}

/**
 * Creates a directory (0700) and those above it where they are missing, durably: from the top, so that whatever is in a
 * directory was put there when that directory could not get lost any more.
 *
 * @throws the system error of the step that failed
 */
export async function createDirectories(path: string, steps: FileSteps = diskSteps): Promise<void> {
  const parent = dirname(path);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    // A crash may have come before its parent was synchronized. Where that cannot be done, we did not create it.
    await steps.syncDirectory(parent).catch(() => undefined);
    return;
  }
  if (parent !== path) await createDirectories(parent, steps);
  steps.createDirectory(path);
  await steps.syncDirectory(parent);
}

/** A name beside `path` for what will take its place. */
export function temporaryPathFor(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID().replaceAll('-', '').slice(0, 16)}.tmp`);
}

/** What the temporary thing called `name` was to become; undefined for all other names. */
export function targetOfTemporaryFile(name: string): string | undefined {
  return temporaryName.exec(name)?.groups?.target;
}

/** Removes what crashes in the middle of atomic writes and backups left in `directory`: of all files, or of the one called `target`. */
export function removeTemporaryFiles(
  directory: string,
  { target, steps = diskSteps }: { target?: string; steps?: FileSteps } = {},
): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const found = targetOfTemporaryFile(entry.name);
    // A directory of such a name is nobody's work of ours, and is in nobody's way.
    if (found !== undefined && (target ?? found) === found && !entry.isDirectory())
      steps.unlink(join(directory, entry.name));
  }
}
