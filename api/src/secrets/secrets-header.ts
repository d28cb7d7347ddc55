// Where the key of secrets.db comes from is read before anything in the file can be believed. SQLite must not do that: a
// crafted graph of pages keeps it busy for ever. So the last page of the file is not SQLite's, which ignores it: it has
// fixed fields, and ends with a tag over the whole file.
//
//   0  magic (16)                            160  key source (1): 1 key file, 2 passphrase, 3 systemd credential
//  16  id of the data directory (36, ASCII)  164  generation of the key file (4)
//  52  key id (4)                            168  salt (16), memory in KiB (4), passes (4), lanes (4) of a passphrase
//  56  wrapped data key (72)                 196  zeros
// 128  commitment to the wrapping key (32)   480  tag (32)
//
// Numbers are big endian; what a key source has no use for is zero.

import type { KeySource } from './key-source.ts';
import { isPassphraseSource } from './passphrase.ts';
import { tagBytes, type WrappedKey, wrappedKeyBytes } from './sealing.ts';

/** What can be read without a key. */
export interface SecretsHeader {
  readonly dataDirectoryId: string;
  readonly keySource: KeySource;
  readonly wrappedKey: WrappedKey;
}

/** Bytes: one page. */
export const headerBytes = 512;

const magic = 'holdfast-secrets';
const sourceNumbers = { 'key-file': 1, passphrase: 2, 'systemd-credential': 3 } as const;
const at = {
  magic: 0,
  dataDirectoryId: 16,
  keyId: 52,
  wrapped: 56,
  commitment: 128,
  source: 160,
  generation: 164,
  salt: 168,
  memoryKib: 184,
  passes: 188,
  parallelism: 192,
  end: 196,
  tag: headerBytes - tagBytes,
} as const;

/** A header (512 bytes) that has no tag yet. */
export function encodeHeader({ dataDirectoryId, keySource, wrappedKey }: SecretsHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write(magic, at.magic, 'latin1');
  bytes.write(dataDirectoryId, at.dataDirectoryId, 'latin1');
  bytes.writeUInt32BE(wrappedKey.keyId, at.keyId);
  bytes.set(wrappedKey.wrapped, at.wrapped);
  bytes.set(wrappedKey.commitment, at.commitment);
  bytes[at.source] = sourceNumbers[keySource.kind];
  if (keySource.kind === 'key-file') bytes.writeUInt32BE(keySource.generation, at.generation);
  if (keySource.kind === 'passphrase') {
    bytes.set(keySource.salt, at.salt);
    bytes.writeUInt32BE(keySource.memoryKib, at.memoryKib);
    bytes.writeUInt32BE(keySource.passes, at.passes);
    bytes.writeUInt32BE(keySource.parallelism, at.parallelism);
  }
  return bytes;
}

/** Reads a header (512 bytes); undefined when it is none that `encodeHeader` makes. */
export function decodeHeader(page: Uint8Array): SecretsHeader | undefined {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  const dataDirectoryId = bytes.toString('latin1', at.dataDirectoryId, at.keyId);
  const keySource = decodeKeySource(bytes);
  if (!keySource || !isDataDirectoryId(dataDirectoryId)) return undefined;
  const header = {
    dataDirectoryId,
    keySource,
    wrappedKey: {
      keyId: bytes.readUInt32BE(at.keyId),
      wrapped: new Uint8Array(bytes.subarray(at.wrapped, at.wrapped + wrappedKeyBytes)),
      commitment: new Uint8Array(bytes.subarray(at.commitment, at.commitment + tagBytes)),
    },
  };
  return encodeHeader(header).subarray(0, at.tag).equals(bytes.subarray(0, at.tag)) ? header : undefined;
}

/** Whether a text is the id of a data directory, a UUID. */
export function isDataDirectoryId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function decodeKeySource(bytes: Buffer): KeySource | undefined {
  switch (bytes[at.source]) {
    case sourceNumbers['key-file']: {
      const generation = bytes.readUInt32BE(at.generation);
      return generation > 0 ? { kind: 'key-file', generation } : undefined;
    }
    case sourceNumbers.passphrase: {
      const source = {
        kind: 'passphrase',
        salt: new Uint8Array(bytes.subarray(at.salt, at.memoryKib)),
        memoryKib: bytes.readUInt32BE(at.memoryKib),
        passes: bytes.readUInt32BE(at.passes),
        parallelism: bytes.readUInt32BE(at.parallelism),
      } as const;
      return isPassphraseSource(source) ? source : undefined;
    }
    case sourceNumbers['systemd-credential']:
      return { kind: 'systemd-credential' };
    default:
      return undefined;
  }
}
