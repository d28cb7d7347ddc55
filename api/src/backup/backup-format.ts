// A backup is a header that everyone can read and a sealed stream: the length of the manifest (4 bytes, big endian), the
// manifest (JSON), and the files that it lists, one right after the other. As the manifest has names and sizes, there is
// no archive format between whose own ideas of names, links and lengths could contradict it.

import type { FileTable } from '../data-directory/own-files.ts';
import { derivePassphraseKey, type PassphraseSource } from '../secrets/passphrase.ts';
import { StreamKey } from '../secrets/sealed-stream.ts';
import { SealBrokenError, WrongKeyError } from '../secrets/sealing.ts';
import { damagedBackup, wrongPassphrase } from './backup-errors.ts';
import { type BackupHeader, encodeHeader } from './backup-header.ts';
import {
  type BackupEntry,
  type BackupManifest,
  encodeManifest,
  largestManifestBytes,
  parseManifest,
} from './backup-manifest.ts';
import { ByteReader } from './byte-reader.ts';
import { MeasuredContent } from './measured-content.ts';

const lengthBytes = 4;

/** A file as it goes into a backup. */
export interface BackupFile extends BackupEntry {
  content(): AsyncIterable<Uint8Array>;
}

/** The bytes of a backup of `files`, which the manifest lists. */
export async function* sealBackup(
  manifest: BackupManifest,
  files: readonly BackupFile[],
  source: PassphraseSource,
  key: StreamKey,
): AsyncGenerator<Uint8Array> {
  const sealer = key.createSealer();
  const header = encodeHeader({ source, commitment: key.commitment, streamHeader: sealer.header });
  yield header;
  yield* sealer.seal(packed(manifest, files), header);
}

/**
 * The key of a backup.
 *
 * @param passphrase UTF-8; zeroed
 * @param file of the backup, for messages
 * @throws StartupError `key_unusable` when it is the wrong one
 */
export async function backupKey(
  { source, commitment }: BackupHeader,
  passphrase: Uint8Array,
  file: string,
): Promise<StreamKey> {
  const key = await StreamKey.from(await derivePassphraseKey(source, passphrase));
  try {
    key.verify(commitment);
    return key;
  } catch (error) {
    key[Symbol.dispose]();
    throw error instanceof WrongKeyError ? wrongPassphrase(file, error) : error;
  }
}

export interface SealedBackup {
  /** For messages. */
  readonly file: string;
  readonly header: BackupHeader;
  /** What follows the header. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly key: StreamKey;
  /** The files that a data directory has. */
  readonly table: FileTable;
}

/**
 * Opens a backup and hands over its files in the order of the manifest. What was handed over is whole, and all of it,
 * once the promise resolves; until then it may be anything.
 *
 * @param receive reads the whole content before it resolves
 * @throws StartupError `backup_unusable`, `written_by_newer_version`; whatever `receive` throws
 */
export async function openBackup(
  { file, header, body, key, table }: SealedBackup,
  receive: (name: string, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<BackupManifest> {
  try {
    const reader = new ByteReader(key.open(header.streamHeader, body, encodeHeader(header)));
    const length = Buffer.from(await reader.take(lengthBytes));
    const manifestBytes = length.length === lengthBytes ? length.readUInt32BE() : 0;
    if (manifestBytes > largestManifestBytes) throw damagedBackup(file);
    const manifest = parseManifest(await reader.take(manifestBytes), file, table);
    for (const { name, size, sha256 } of manifest.files) {
      const content = new MeasuredContent(reader.stream(size));
      await receive(name, content);
      const measured = content.measure();
      if (measured.size !== size || measured.sha256 !== sha256) throw damagedBackup(file);
    }
    if (!(await reader.isAtEnd())) throw damagedBackup(file);
    return manifest;
  } catch (error) {
    throw error instanceof SealBrokenError ? damagedBackup(file, error) : error;
  }
}

async function* packed(manifest: BackupManifest, files: readonly BackupFile[]): AsyncGenerator<Uint8Array> {
  const encoded = encodeManifest(manifest);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(encoded.length);
  yield length;
  yield encoded;
  for (const file of files) yield* file.content();
}
