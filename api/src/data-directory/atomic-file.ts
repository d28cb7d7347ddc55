import { randomUUID } from 'node:crypto';
import {
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

const temporaryName = /^\.(?<target>.+)\.[0-9a-f]{16}\.tmp$/;

/** The steps that atomic writes consist of. The machine may stop after each; crash tests inject a disk that does. */
export interface FileSteps {
  /** @throws EEXIST when there is anything at `path`, a dangling symbolic link included */
  createExclusively(path: string): NewFile;
  rename(from: string, to: string): void;
  /** @throws EEXIST when there is anything at `to` */
  link(from: string, to: string): void;
  unlink(path: string): void;
  /** Creates a directory (0700) in one that exists, unless it is there already. @throws EEXIST when it is a file */
  createDirectory(path: string): void;
  /** Makes the entries of a directory (a rename, a new file) durable. */
  syncDirectory(path: string): Promise<void>;
}

/** A file (mode 0600, whatever the umask) that was created in this step. */
export interface NewFile extends Disposable {
  write(content: Uint8Array | string): void;
  /** Makes the content durable. */
  sync(): Promise<void>;
}

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
  createDirectory: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
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
  content: Uint8Array | string,
  steps: FileSteps = diskSteps,
): Promise<void> {
  await throughTemporaryFile(path, content, steps, (temporaryPath) => steps.rename(temporaryPath, path));
}

/**
 * Creates `path` (mode 0600) with its whole content in one step, durable once the promise resolves.
 *
 * @throws EEXIST when there is anything at `path`, a dangling symbolic link included; the system error of another step
 *   that failed: `path` may then be there, whole, if that was one of the last two.
 */
export async function createFileAtomically(
  path: string,
  content: Uint8Array | string,
  steps: FileSteps = diskSteps,
): Promise<void> {
  await throughTemporaryFile(path, content, steps, (temporaryPath) => {
    steps.link(temporaryPath, path);
    steps.unlink(temporaryPath);
  });
}

async function throughTemporaryFile(
  path: string,
  content: Uint8Array | string,
  steps: FileSteps,
  publish: (temporaryPath: string) => void,
): Promise<void> {
  const temporaryPath = join(
    dirname(path),
    `.${basename(path)}.${randomUUID().replaceAll('-', '').slice(0, 16)}.tmp`,
  );
  try {
    {
      using file = steps.createExclusively(temporaryPath);
      file.write(content);
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

/**
 * Creates a directory (0700) and those above it where they are missing, durably: from the top, so that whatever is in a
 * directory was put there when that directory could not get lost any more.
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

/** The name of the file that a crash in the middle of an atomic write kept the file `name` from becoming. */
export function targetOfTemporaryFile(name: string): string | undefined {
  return temporaryName.exec(name)?.groups?.target;
}

/** Removes what crashes in the middle of atomic writes left in `directory`: of all files, or of the one called `target`. */
export function removeTemporaryFiles(
  directory: string,
  { target, steps = diskSteps }: { target?: string; steps?: FileSteps } = {},
): void {
  for (const name of readdirSync(directory)) {
    const found = targetOfTemporaryFile(name);
    if (found !== undefined && (target ?? found) === found) steps.unlink(join(directory, name));
  }
}
