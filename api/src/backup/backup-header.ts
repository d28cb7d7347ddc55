// The part of a backup that everyone can read. All versions keep the magic, the number of the format and the place of the
// checksum, so that a newer backup can be told from a damaged one. The checksum is against accidents: it finds them
// before a passphrase is asked for. Against intent, the sealed stream authenticates the whole header.
//
//   offset  bytes
//        0     16  "holdfast-backup\n"
//       16      4  format, big endian like all numbers
//       20     12  Argon2id: KiB of memory, passes, lanes
//       32     16  Argon2id: salt
//       48     32  commitment to the key
//       80     24  header of the sealed stream
//      104     32  SHA-256 of the 104 bytes before

import { createHash } from 'node:crypto';
import { isPassphraseSource, type PassphraseSource } from '../secrets/passphrase.ts';
import { commitmentBytes, streamHeaderBytes } from '../secrets/sealed-stream.ts';
import { damagedBackup, newerBackup, notABackup } from './backup-errors.ts';

export const headerBytes = 136;
export const currentFormat = 1;

const magic = Buffer.from('holdfast-backup\n');
const offsets = {
  format: 16,
  argon2: 20,
  salt: 32,
  commitment: 48,
  streamHeader: 80,
  checksum: 104,
} as const;

export interface BackupHeader {
  /** How the passphrase becomes the key. */
  readonly source: PassphraseSource;
  /** To that key. */
  readonly commitment: Uint8Array;
  readonly streamHeader: Uint8Array;
}

export function encodeHeader({ source, commitment, streamHeader }: BackupHeader): Uint8Array {
  const bytes = Buffer.alloc(headerBytes);
  bytes.set(magic);
  bytes.writeUInt32BE(currentFormat, offsets.format);
  bytes.writeUInt32BE(source.memoryKib, offsets.argon2);
  bytes.writeUInt32BE(source.passes, offsets.argon2 + 4);
  bytes.writeUInt32BE(source.parallelism, offsets.argon2 + 8);
  bytes.set(source.salt, offsets.salt);
  bytes.set(commitment, offsets.commitment);
  bytes.set(streamHeader, offsets.streamHeader);
  bytes.set(checksumOf(bytes), offsets.checksum);
  return new Uint8Array(bytes);
}

/**
 * Reads a header, and believes nothing in it that could cost work.
 *
 * @param bytes the first 136 of the file; fewer when it is shorter
 * @throws StartupError `backup_unusable`, `written_by_newer_version`
 */
export function parseHeader(bytes: Uint8Array, file: string): BackupHeader {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!header.subarray(0, magic.length).equals(magic)) throw notABackup(file);
  if (header.length < headerBytes || !checksumOf(header).equals(header.subarray(offsets.checksum))) {
    throw damagedBackup(file);
  }
  const format = header.readUInt32BE(offsets.format);
  if (format > currentFormat) {
    throw newerBackup(file, `format ${format}; this version reads up to ${currentFormat}`);
  }
  const part = (offset: number, length: number) => new Uint8Array(header.subarray(offset, offset + length));
  const source: PassphraseSource = {
    kind: 'passphrase',
    salt: part(offsets.salt, offsets.commitment - offsets.salt),
    memoryKib: header.readUInt32BE(offsets.argon2),
    passes: header.readUInt32BE(offsets.argon2 + 4),
    parallelism: header.readUInt32BE(offsets.argon2 + 8),
  };
  if (format !== currentFormat || !isPassphraseSource(source)) throw damagedBackup(file);
  return {
    source,
    commitment: part(offsets.commitment, commitmentBytes),
    streamHeader: part(offsets.streamHeader, streamHeaderBytes),
  };
}

function checksumOf(header: Uint8Array): Buffer {
  return createHash('sha256').update(header.subarray(0, offsets.checksum)).digest();
}
