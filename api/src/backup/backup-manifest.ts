import type { FileTable } from '../data-directory/own-files.ts';
import { damagedBackup, newerBackup } from './backup-errors.ts';

/** What a backup holds, in the order in which it holds it. */
export interface BackupManifest {
  /** The version of Holdfast that wrote it. */
  readonly holdfast: string;
  readonly createdAt: Date;
  readonly dataDirectoryId: string;
  readonly files: readonly BackupEntry[];
}

export interface BackupEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export const largestManifestBytes = 65_536;

export function encodeManifest({ holdfast, createdAt, dataDirectoryId, files }: BackupManifest): Uint8Array {
  const entries = files.map(({ name, size, sha256 }) => ({ name, size, sha256 }));
  return Buffer.from(JSON.stringify({ holdfast, createdAt, dataDirectoryId, files: entries }));
}

/**
 * Reads a manifest. Whoever knows the passphrase may have written it by hand: nothing passes but what a data directory
 * has, each name once.
 *
 * @param file of the backup, for messages
 * @throws StartupError `backup_unusable`, `written_by_newer_version`
 */
export function parseManifest(bytes: Uint8Array, file: string, table: FileTable): BackupManifest {
  const { holdfast, createdAt, dataDirectoryId, files } = membersOf(parseJson(bytes, file));
  const date = new Date(typeof createdAt === 'string' ? createdAt : Number.NaN);
  if (
    !isText(holdfast, /^[\w.+-]{1,64}$/) ||
    Number.isNaN(date.getTime()) ||
    !isText(dataDirectoryId, /^[0-9a-f-]{36}$/) ||
    !Array.isArray(files)
  ) {
    throw damagedBackup(file);
  }
  const entries = files.map((entry: unknown): BackupEntry => {
    const { name, size, sha256 } = membersOf(entry);
    if (
      !isText(name, /^[\w.-]{1,64}$/) ||
      !Number.isSafeInteger(size) ||
      (size as number) < 0 ||
      !isText(sha256, /^[0-9a-f]{64}$/)
    ) {
      throw damagedBackup(file);
    }
    return { name, size: size as number, sha256 };
  });
  for (const { name } of entries) {
    if ((table.get(name) ?? 'never') === 'never') throw newerBackup(file, `${holdfast}, which keeps ${name}`);
  }
  const hasSecrets = entries.some(({ name }) => table.get(name) === 'secrets');
  if (!hasSecrets || new Set(entries.map(({ name }) => name)).size !== entries.length) {
    throw damagedBackup(file);
  }
  return { holdfast, createdAt: date, dataDirectoryId, files: entries };
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damagedBackup(file, error);
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
