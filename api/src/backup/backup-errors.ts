// What is said about a backup that cannot be used.

import { StartupError } from '../errors.ts';

export function notABackup(file: string): StartupError {
  return new StartupError(
    'backup_unusable',
    `${file} is not a Holdfast backup, or its beginning is damaged. Name a file that holdfast backup has written.`,
  );
}

export function damagedBackup(file: string, cause?: unknown): StartupError {
  return new StartupError(
    'backup_unusable',
    `${file} is damaged or incomplete, so nothing was restored. Copy it again from where it was made, or use another backup.`,
    { cause },
  );
}

/** @param writer what is known about the version that wrote it */
export function newerBackup(file: string, writer: string): StartupError {
  return new StartupError(
    'written_by_newer_version',
    `${file} was written by a newer version of Holdfast (${writer}). Restore it with that version.`,
  );
}

export function wrongPassphrase(file: string, cause: unknown): StartupError {
  return new StartupError(
    'key_unusable',
    `That is not the passphrase of ${file}. Try again; without it nobody can open the backup.`,
    { cause },
  );
}
