import { withoutKeys } from './printable.ts';

/** Why an instance cannot start; the message is one sentence for the person at the terminal. */
export type StartupErrorCode =
  | 'invalid_configuration'
  | 'web_app_not_built'
  | 'data_path_unusable'
  | 'data_directory_locked'
  | 'lock_lost'
  | 'written_by_newer_version'
  | 'secrets_damaged'
  | 'secrets_missing'
  | 'secrets_of_another'
  | 'secrets_changed'
  | 'secrets_not_saved'
  | 'activity_damaged'
  | 'key_unusable'
  | 'tls_unusable'
  | 'key_source_differs'
  | 'backup_unusable'
  | 'interrupted'
  | 'cloud_changed'
  | 'reset_unconfirmed'
  | 'reset_declined'
  | 'address_in_use'
  | 'address_unavailable';

/** A failure to start that a person can mend: what happened, why, and the one thing to do next. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly code: StartupErrorCode;

  constructor(code: StartupErrorCode, message: string, options?: ErrorOptions) {
    super(withoutKeys(message), options);
    this.code = code;
  }
}

/** The `code` of a Node.js system error (`EACCES`, …), if `error` is one. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the operating system refused something, rather than we ourselves. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/** By the codes of the system, and those of `NotRegularError`. */
const systemErrorReasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of it is a file, not a directory',
  ENOENT: 'there is no such directory',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than its file system allows',
  EIO: 'the disk reports an error',
  ELOOP: 'it is a symbolic link',
  not_regular: 'it is no regular file',
  too_large: 'it is far too large',
};

/**
 * Why the system refused, in words that follow a colon; its code where there are none.
 *
 * @param special words that fit the occasion better, by code
 */
export function systemErrorReason(error: unknown, special: Readonly<Record<string, string>> = {}): string {
  const code = systemErrorCode(error);
  return code === undefined ? 'unknown error' : (special[code] ?? systemErrorReasons[code] ?? code);
}

/** What to say when the system refuses a write to `path` for which there are no better words. */
export function unwritable(path: string, cause: unknown): StartupError {
  return new StartupError(
    'data_path_unusable',
    `The instance cannot write ${path}: ${systemErrorReason(cause)}. Make sure that its disk has room and can be written to, then try again.`,
    { cause },
  );
}

/** By SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const sqlitePlaceProblems: Readonly<Record<number, string>> = {
  5: 'another program is writing to it',
  8: 'it may not be written to',
  10: 'the disk reports an error, or is full',
  13: 'the disk is full',
  14: 'it cannot be opened',
};

/** What is wrong with the place of a database rather than with its content, if SQLite says that. */
export function sqlitePlaceProblem(error: unknown): string | undefined {
  return sqlitePlaceProblems[primaryResultCode(error)];
}

const sqliteBusy = 5;

/** Whether SQLite would have had to wait for another process. */
export function isSqliteBusy(error: unknown): boolean {
  return primaryResultCode(error) === sqliteBusy;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const damageCodes: ReadonlySet<number> = new Set([11, 26]);

/** Why SQLite could not write, in words that follow a colon, if it is for a reason outside of this program. */
export function sqliteWriteProblem(error: unknown): string | undefined {
  return damageCodes.has(primaryResultCode(error)) ? 'it is damaged' : sqlitePlaceProblem(error);
}

/** Without what an extended code adds; 0, which is no error, for what does not come from SQLite. */
function primaryResultCode(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

/** The part of an unexpected error that may be logged: never its cause, which may quote what was sent. */
export function describeError(error: unknown): { type: string; message: string; stack: string | undefined } {
  return error instanceof Error
    ? { type: error.name, message: error.message, stack: error.stack }
    : { type: typeof error, message: String(error), stack: undefined };
}

/** What a client hears of an error that was not meant for it. */
export function internalErrorMessage(errorId: string): string {
  return `The instance could not answer. Try again; if it stays so, look into its log for the error ${errorId}.`;
}
