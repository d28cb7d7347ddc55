import { createHash } from 'node:crypto';

/** Content whose size and hash are known once it has been read. */
export class MeasuredContent implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  #size = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#source) {
      this.#size += piece.length;
      this.#hash.update(piece);
      yield piece;
    }
  }

  /** What has been read: bytes, and their hash in hexadecimal. */
  measure(): { size: number; sha256: string } {
    return { size: this.#size, sha256: this.#hash.copy().digest('hex') };
  }
}
