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
const cellHeaderBytes = 5; // version (1), key id (4, big endian)

// One context of exactly 8 bytes for each purpose, so that no key ever serves two.
const purposes = { wrap: 'hf-wrap.', commitment: 'hf-commt', cells: 'hf-cells', file: 'hf-file.' } as const;

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

/** Generates a data key and wraps it. `wrappingKey` (32 bytes) is zeroed. */
export async function createKeyring(
  wrappingKey: Uint8Array,
  dataDirectoryId: string,
): Promise<{ keyring: Keyring; wrappedKey: WrappedKey }> {
  await sodium.ready;
  const keyId = 1;
  const dataKey = sodium.randombytes_buf(keyBytes);
  const wrapKey = derive(wrappingKey, purposes.wrap);
  const nonce = sodium.randombytes_buf(nonceBytes);
  const wrapped = concat(
    nonce,
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
      dataKey,
      wrapContext(dataDirectoryId, keyId),
      null,
      nonce,
      wrapKey,
    ),
  );
  const commitment = commit(wrappingKey, dataDirectoryId, keyId);
  zero(wrappingKey, wrapKey);
  return {
    keyring: new Keyring(dataKey, dataDirectoryId, keyId),
    wrappedKey: { keyId, wrapped, commitment },
  };
}

/**
 * Unwraps a data key. `wrappingKey` (32 bytes) is zeroed.
 *
 * The commitment is judged first: XChaCha20-Poly1305 alone does not commit to its key.
 *
 * @throws WrongKeyError | SealBrokenError
 */
export async function openKeyring(
  wrappingKey: Uint8Array,
  dataDirectoryId: string,
  { keyId, wrapped, commitment }: WrappedKey,
): Promise<Keyring> {
  await sodium.ready;
  const wrapKey = derive(wrappingKey, purposes.wrap);
  try {
    const expected = commit(wrappingKey, dataDirectoryId, keyId);
    if (commitment.length !== expected.length || !sodium.memcmp(commitment, expected)) {
      throw new WrongKeyError('The wrapping key is another one than the data key was wrapped with.');
    }
    const dataKey = decrypt(wrapped, wrapContext(dataDirectoryId, keyId), wrapKey);
    if (dataKey.length !== keyBytes) throw new SealBrokenError('The wrapped data key has the wrong length.');
    return new Keyring(dataKey, dataDirectoryId, keyId);
  } finally {
    zero(wrappingKey, wrapKey);
  }
}

/** Seals and opens values with the keys that derive from one data key; zeroed when disposed of. */
export class Keyring implements Disposable {
  readonly #cellKey: Uint8Array;
  readonly #fileKey: Uint8Array;
  readonly #dataDirectoryId: string;
  readonly #keyId: number;

  /** Takes possession of `dataKey` (32 bytes) and zeroes it. */
  constructor(dataKey: Uint8Array, dataDirectoryId: string, keyId: number) {
    this.#cellKey = derive(dataKey, purposes.cells);
    this.#fileKey = derive(dataKey, purposes.file);
    this.#dataDirectoryId = dataDirectoryId;
    this.#keyId = keyId;
    zero(dataKey);
  }

  /** @returns version (1 byte), key id (4), nonce (24), ciphertext with tag. */
  seal(address: CellAddress, plaintext: string): Uint8Array {
    const header = new Uint8Array(cellHeaderBytes);
    header[0] = cellVersion;
    new DataView(header.buffer).setUint32(1, this.#keyId);
    const nonce = sodium.randombytes_buf(nonceBytes);
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
      header.getUint32(1) !== this.#keyId
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
    return sodium.crypto_generichash(tagBytes, content, this.#fileKey);
  }

  /** Compares a tag with that of `content` in constant time. */
  verify(content: Uint8Array, tag: Uint8Array): boolean {
    return tag.length === tagBytes && sodium.memcmp(tag, this.authenticate(content));
  }

  [Symbol.dispose](): void {
    zero(this.#cellKey, this.#fileKey);
  }

  #cellContext({ table, column, row }: CellAddress): Uint8Array {
    return lengthPrefixed(
      formatName,
      this.#dataDirectoryId,
      table,
      column,
      row,
      String(this.#keyId),
      String(cellVersion),
    );
  }
}

function derive(key: Uint8Array, purpose: string): Uint8Array {
  return sodium.crypto_kdf_derive_from_key(keyBytes, 1, purpose, key);
}

function commit(wrappingKey: Uint8Array, dataDirectoryId: string, keyId: number): Uint8Array {
  const commitmentKey = derive(wrappingKey, purposes.commitment);
  const commitment = sodium.crypto_generichash(
    tagBytes,
    lengthPrefixed(formatName, dataDirectoryId, String(keyId)),
    commitmentKey,
  );
  zero(commitmentKey);
  return commitment;
}

function wrapContext(dataDirectoryId: string, keyId: number): Uint8Array {
  return lengthPrefixed(formatName, dataDirectoryId, 'wrapped-key', String(keyId));
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
      const bytes = sodium.from_string(part);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length);
      return [length, bytes];
    }),
  );
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function zero(...buffers: Uint8Array[]): void {
  for (const buffer of buffers) sodium.memzero(buffer);
}
