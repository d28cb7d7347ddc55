import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { withFlippedBit } from '../../test/secrets-place.ts';
import { StreamKey } from './sealed-stream.ts';
import { keyBytes, SealBrokenError, WrongKeyError } from './sealing.ts';

const chunk = 65_536;
const sealedChunk = chunk + 17;
const context = Buffer.from('the header of the file');

function keyMaterial(): Uint8Array {
  return new Uint8Array(randomBytes(keyBytes));
}

async function* pieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < content.length; offset += size) yield content.subarray(offset, offset + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const piece of source) collected.push(piece.slice());
  return Buffer.concat(collected);
}

interface Sealed {
  readonly key: StreamKey;
  readonly header: Uint8Array;
  readonly ciphertext: Buffer;
}

async function seal(content: Uint8Array, pieceSize = 10_007): Promise<Sealed> {
  const key = await StreamKey.from(keyMaterial());
  const sealer = key.createSealer();
  return {
    key,
    header: sealer.header,
    ciphertext: await collect(sealer.seal(pieces(content, pieceSize), context)),
  };
}

async function open(
  { key, header }: Sealed,
  ciphertext: Uint8Array,
  associatedData: Uint8Array = context,
): Promise<Buffer> {
  return collect(key.open(header, pieces(ciphertext, 4_093), associatedData));
}

describe('what was sealed opens again, whole', () => {
  test.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 5])('%i bytes', async (size) => {
    const content = randomBytes(size);
    const sealed = await seal(content);
    expect((await open(sealed, sealed.ciphertext)).equals(content)).toBe(true);
    expect(sealed.ciphertext.length).toBe(size + 17 * Math.max(1, Math.ceil(size / chunk)));
  });
});

describe('a stream does not open', () => {
  test('with any one byte changed, and at any length but its own', async () => {
    const sealed = await seal(randomBytes(100));
    const { ciphertext } = sealed;
    for (let index = 0; index < ciphertext.length; index += 1) {
      const changed = withFlippedBit(ciphertext, index, index % 8);
      await expect(open(sealed, changed)).rejects.toThrow(SealBrokenError);
      await expect(open(sealed, ciphertext.subarray(0, index))).rejects.toThrow(SealBrokenError);
    }
    await expect(open(sealed, Buffer.concat([ciphertext, Buffer.alloc(1)]))).rejects.toThrow(SealBrokenError);
  });

  test.each([
    ['cut at the end of a chunk', (parts: Buffer[]) => parts.slice(0, 2)],
    ['with a chunk missing', (parts: Buffer[]) => [parts[0], parts[2]]],
    ['with two chunks swapped', (parts: Buffer[]) => [parts[1], parts[0], parts[2]]],
    ['with a chunk twice', (parts: Buffer[]) => [parts[0], parts[0], parts[1], parts[2]]],
    ['with something after its end', (parts: Buffer[]) => [...parts, Buffer.alloc(1)]],
    ['with its last chunk twice', (parts: Buffer[]) => [...parts, parts[2]]],
  ])('%s', async (_what, change) => {
    const sealed = await seal(randomBytes(3 * chunk));
    const parts = [0, 1, 2].map((index) =>
      sealed.ciphertext.subarray(index * sealedChunk, (index + 1) * sealedChunk),
    );
    await expect(open(sealed, Buffer.concat(change(parts) as Buffer[]))).rejects.toThrow(SealBrokenError);
  });

  test('with other associated data, another header or another key', async () => {
    const sealed = await seal(randomBytes(10));
    const other = await seal(randomBytes(10));
    await expect(open(sealed, sealed.ciphertext, Buffer.from('another'))).rejects.toThrow(SealBrokenError);
    await expect(open({ ...sealed, header: other.header }, sealed.ciphertext)).rejects.toThrow(
      SealBrokenError,
    );
    await expect(open({ ...sealed, key: other.key }, sealed.ciphertext)).rejects.toThrow(SealBrokenError);
  });
});

test('a key knows its own commitment and no other', async () => {
  const bytes = keyMaterial();
  const key = await StreamKey.from(bytes.slice());
  const other = await StreamKey.from(keyMaterial());
  const again = await StreamKey.from(bytes.slice());
  expect(() => again.verify(key.commitment)).not.toThrow();
  expect(() => other.verify(key.commitment)).toThrow(WrongKeyError);
  expect(() => key.verify(key.commitment.subarray(1))).toThrow(WrongKeyError);
});

test('the bytes of a key are zeroed once used', async () => {
  const bytes = keyMaterial();
  await StreamKey.from(bytes);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
});
