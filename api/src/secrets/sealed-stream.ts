// Seals what is too long for memory, chunk by chunk, so that no chunk can be changed, swapped, dropped or added unnoticed.
// Beside sealing.ts the other door to libsodium.

// oxlint-disable import/no-named-as-default-member -- only the default export has the ciphers, once it is ready
import sodium from 'libsodium-wrappers';
import { deriveKey, SealBrokenError, tagBytes, WrongKeyError, zero } from './sealing.ts';

/** Bytes of the header that a stream begins with. */
export const streamHeaderBytes = 24;
/** Bytes of a key's commitment. */
export const commitmentBytes = tagBytes;

const chunkBytes = 65_536;
/** What sealing adds to each chunk: its tag and an authenticator. */
const overheadBytes = 17;
const committedText = 'holdfast-sealed-stream';

/** A stream that is about to be sealed. */
export interface StreamSealer {
  /** 24 bytes, public; to be kept for the opening. */
  readonly header: Uint8Array;
  /**
   * Seals `plaintext`; once only.
   *
   * @param associatedData public, and needed unchanged for the opening
   */
  seal(plaintext: AsyncIterable<Uint8Array>, associatedData: Uint8Array): AsyncGenerator<Uint8Array>;
}

/**
 * A key for one stream: 32 bytes, of which only derived keys are kept. Zeroed when disposed of.
 *
 * @see https://doc.libsodium.org/secret-key_cryptography/secretstream
 */
export class StreamKey implements Disposable {
  readonly #streamKey: Uint8Array;
  readonly #commitmentKey: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#streamKey = deriveKey(bytes, 'stream');
    this.#commitmentKey = deriveKey(bytes, 'streamCommitment');
    zero(bytes);
  }

  /** @param bytes 32 bytes; zeroed */
  static async from(bytes: Uint8Array): Promise<StreamKey> {
    await sodium.ready;
    return new StreamKey(bytes);
  }

  /** What tells this key from every other one without revealing it (32 bytes). */
  get commitment(): Uint8Array {
    return sodium.crypto_generichash(commitmentBytes, committedText, this.#commitmentKey);
  }

  /**
   * Compares a commitment with that of this key. XChaCha20-Poly1305 alone does not commit to its key.
   *
   * @throws WrongKeyError
   */
  verify(commitment: Uint8Array): void {
    if (commitment.length === commitmentBytes && sodium.memcmp(commitment, this.commitment)) return;
    throw new WrongKeyError('The stream was sealed with another key.');
  }

  createSealer(): StreamSealer {
    const { state, header } = sodium.crypto_secretstream_xchacha20poly1305_init_push(this.#streamKey);
    return {
      header,
      async *seal(plaintext, associatedData) {
        for await (const { bytes, isLast } of chunksOf(plaintext, chunkBytes)) {
          yield sodium.crypto_secretstream_xchacha20poly1305_push(
            state,
            bytes,
            associatedData,
            tagOf(isLast),
          );
        }
      },
    };
  }

  /**
   * Opens a sealed stream. What it yields is genuine, but whole only once it has ended.
   *
   * @throws SealBrokenError when the stream was changed, or when something is missing from it or follows it
   */
  async *open(
    header: Uint8Array,
    ciphertext: AsyncIterable<Uint8Array>,
    associatedData: Uint8Array,
  ): AsyncGenerator<Uint8Array> {
    const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, this.#streamKey);
    for await (const { bytes, isLast } of chunksOf(ciphertext, chunkBytes + overheadBytes)) {
      const opened =
        bytes.length >= overheadBytes &&
        sodium.crypto_secretstream_xchacha20poly1305_pull(state, bytes, associatedData);
      if (!opened || opened.tag !== tagOf(isLast)) {
        throw new SealBrokenError('A chunk of the sealed stream does not open in its place.');
      }
      yield opened.message;
    }
  }

  [Symbol.dispose](): void {
    zero(this.#streamKey, this.#commitmentKey);
  }
}

function tagOf(isLast: boolean): number {
  return isLast
    ? sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    : sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
}

/** Cuts into chunks of `size` bytes; the last one, which is always there, may be shorter. A chunk is gone with the next. */
async function* chunksOf(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ bytes: Uint8Array; isLast: boolean }> {
  const chunk = new Uint8Array(size);
  let filled = 0;
  for await (const piece of source) {
    for (let offset = 0; offset < piece.length; ) {
      // A full chunk waits for one more byte: it may be the last.
      if (filled === size) {
        yield { bytes: chunk, isLast: false };
        filled = 0;
      }
      const taken = piece.subarray(offset, offset + size - filled);
      chunk.set(taken, filled);
      filled += taken.length;
      offset += taken.length;
    }
  }
  yield { bytes: chunk.subarray(0, filled), isLast: true };
}
