// Threats: whoever copies secrets.db, or writes to it, without holding the wrapping key (security.md row 46). A reader
// learns nothing but names of tables and lengths. A writer cannot change, swap, remove or add a value, nor carry one
// over from another file, without being noticed. Replacing the whole file by an older copy of itself
// cannot be noticed without an anchor outside it.

// oxlint-disable import/no-named-as-default-member -- only the default export has the ciphers, once it is ready
import sodium from 'libsodium-wrappers';

/** Bytes of a wrapping key and of every key derived here. */
export const keyBytes = 32;
/** Bytes of `Keyring.authenticate`'s tag. */
export const tagBytes = 32;

const formatName = 'holdfast-secrets';
const cellVersion = 1;
const nonceBytes = 24;
/** Bytes of a data key that is wrapped: nonce, ciphertext, tag of Poly1305. */
export const wrappedKeyBytes = nonceBytes + keyBytes + 16;
const cellHeaderBytes = 5; // version (1), key id (4, big endian)

// One context of exactly 8 bytes for each purpose, so that no key ever serves two.
const purposes = {
  wrap: 'hf-wrap.',
  commitment: 'hf-commt',
  cells: 'hf-cells',
  file: 'hf-file.',
  stream: 'hf-strm.',
  streamCommitment: 'hf-strmc',
} as const;

/** Where a sealed value lives; a value opens in this place only. */
export interface CellAddress {
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** A data key as it lies in the file: sealed under the wrapping key, with a commitment to that wrapping key. */
export interface WrappedKey {
  readonly keyId: number;
  readonly wrapped: Uint8Array;
  readonly commitment: Uint8Array;
}

/** The wrapping key is not the one that this data key was wrapped with. */
export class WrongKeyError extends Error {
  override readonly name = 'WrongKeyError';
  readonly code = 'wrong_key';
}

/** A sealed value is not what this keyring sealed for that place. */
export class SealBrokenError extends Error {
  override readonly name = 'SealBrokenError';
  readonly code = 'seal_broken';
}

/**
 * What wraps the data keys of one data directory: 32 bytes from the key source, of which only derived keys are kept.
 * Zeroed when disposed of.
 */
export class WrappingKey implements Disposable {
  readonly #wrapKey: Uint8Array;
  readonly #commitmentKey: Uint8Array;
  readonly #dataDirectoryId: string;

  private constructor(bytes: Uint8Array, dataDirectoryId: string) {
    this.#wrapKey = deriveKey(bytes, 'wrap');
    this.#commitmentKey = deriveKey(bytes, 'commitment');
    this.#dataDirectoryId = dataDirectoryId;
    zero(bytes);
  }

  /** @param bytes 32 bytes; zeroed */
  static async from(bytes: Uint8Array, dataDirectoryId: string): Promise<WrappingKey> {
    await sodium.ready;
    return new WrappingKey(bytes, dataDirectoryId);
  }

  /** @param dataKey 32 bytes, left as they are */
  wrap(dataKey: Uint8Array, keyId: number): WrappedKey {
    const nonce = randomBytes(nonceBytes);
    const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
      dataKey,
      this.#context(keyId),
      null,
      nonce,
      this.#wrapKey,
    );
    return { keyId, wrapped: concat(nonce, ciphertext), commitment: this.#commitment(keyId) };
  }

  /**
   * Opens a wrapped data key.
   *
   * The commitment is judged first: XChaCha20-Poly1305 alone does not commit to its key.
   *
   * @throws WrongKeyError | SealBrokenError
   */
  unwrap({ keyId, wrapped, commitment }: WrappedKey): Keyring {
    const expected = this.#commitment(keyId);
    if (commitment.length !== expected.length || !sodium.memcmp(commitment, expected)) {
      throw new WrongKeyError('The wrapping key is another one than the data key was wrapped with.');
    }
    const dataKey = decrypt(wrapped, this.#context(keyId), this.#wrapKey);
    if (dataKey.length !== keyBytes) throw new SealBrokenError('The wrapped data key has the wrong length.');
    return new Keyring(dataKey, this.#dataDirectoryId, keyId);
  }

  /** A new data key with the id `keyId`. */
  generate(keyId: number): Keyring {
    return new Keyring(randomBytes(keyBytes), this.#dataDirectoryId, keyId);
  }

  [Symbol.dispose](): void {
    zero(this.#wrapKey, this.#commitmentKey);
  }

  #context(keyId: number): Uint8Array {
    return lengthPrefixed(formatName, this.#dataDirectoryId, 'wrapped-key', String(keyId));
  }

  #commitment(keyId: number): Uint8Array {
    return sodium.crypto_generichash(
      tagBytes,
      lengthPrefixed(formatName, this.#dataDirectoryId, String(keyId)),
      this.#commitmentKey,
    );
  }
}

/** Seals and opens values with keys derived from one data key; zeroed when disposed of. */
export class Keyring implements Disposable {
  readonly keyId: number;
  readonly #dataKey: Uint8Array;
  readonly #cellKey: Uint8Array;
  readonly #fileKey: Uint8Array;
  readonly #dataDirectoryId: string;
  #isDisposed = false;

  /** Takes possession of `dataKey` (32 bytes). */
  constructor(dataKey: Uint8Array, dataDirectoryId: string, keyId: number) {
    this.keyId = keyId;
    this.#dataKey = dataKey;
    this.#cellKey = deriveKey(dataKey, 'cells');
    this.#fileKey = deriveKey(dataKey, 'file');
    this.#dataDirectoryId = dataDirectoryId;
  }

  /** The data key as it may lie in a file. */
  wrappedBy(wrappingKey: WrappingKey): WrappedKey {
    return wrappingKey.wrap(this.#dataKey, this.keyId);
  }

  /** @returns version (1 byte), key id (4), nonce (24), ciphertext with tag. */
  seal(address: CellAddress, plaintext: string): Uint8Array {
    this.#assertUsable();
    const header = new Uint8Array(cellHeaderBytes);
    header[0] = cellVersion;
    new DataView(header.buffer).setUint32(1, this.keyId);
    const nonce = randomBytes(nonceBytes);
    const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
      plaintext,
      this.#cellContext(address),
      null,
      nonce,
      this.#cellKey,
    );
    return concat(header, nonce, ciphertext);
  }

  /** @throws SealBrokenError when `sealed` was not sealed by this keyring for this address, or was changed. */
  open(address: CellAddress, sealed: Uint8Array): string {
    const header = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (
      sealed.length < cellHeaderBytes ||
      header.getUint8(0) !== cellVersion ||
      header.getUint32(1) !== this.keyId
    ) {
      throw new SealBrokenError(`${address.table}.${address.column} was sealed in another way.`);
    }
    const plaintext = decrypt(sealed.subarray(cellHeaderBytes), this.#cellContext(address), this.#cellKey);
    try {
      return sodium.to_string(plaintext);
    } finally {
      zero(plaintext);
    }
  }

  /** A keyed BLAKE2b tag (32 bytes) over a whole file. */
  authenticate(content: Uint8Array): Uint8Array {
    this.#assertUsable();
    return sodium.crypto_generichash(tagBytes, content, this.#fileKey);
  }

  /** Compares a tag with that of `content` in constant time. */
  verify(content: Uint8Array, tag: Uint8Array): boolean {
    return tag.length === tagBytes && sodium.memcmp(tag, this.authenticate(content));
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    zero(this.#dataKey, this.#cellKey, this.#fileKey);
  }

  /** A save that comes too late must fail: sealed with zeroed keys, the file would never open again. */
  #assertUsable(): void {
    if (this.#isDisposed) throw new TypeError('The keyring was disposed of.');
  }

  #cellContext({ table, column, row }: CellAddress): Uint8Array {
    return lengthPrefixed(
      formatName,
      this.#dataDirectoryId,
      table,
      column,
      row,
      String(this.keyId),
      String(cellVersion),
    );
  }
}

/** The key (32 bytes) that serves one purpose; libsodium must be ready. */
export function deriveKey(key: Uint8Array, purpose: keyof typeof purposes): Uint8Array {
  return sodium.crypto_kdf_derive_from_key(keyBytes, 1, purposes[purpose], key);
}

function decrypt(nonceAndCiphertext: Uint8Array, context: Uint8Array, key: Uint8Array): Uint8Array {
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      nonceAndCiphertext.subarray(nonceBytes),
      context,
      nonceAndCiphertext.subarray(0, nonceBytes),
      key,
    );
  } catch (cause) {
    throw new SealBrokenError('A sealed value does not open.', { cause });
  }
}

/** Each part preceded by its length in bytes (4, big endian), so that no two lists of parts encode alike. */
function lengthPrefixed(...parts: string[]): Uint8Array {
  return concat(
    ...parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Node's generator: that of libsodium's JavaScript asks the system for four bytes at a time. */
function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Overwrites what must not stay in memory. */
export function zero(...buffers: Uint8Array[]): void {
  for (const buffer of buffers) sodium.memzero(buffer);
}
