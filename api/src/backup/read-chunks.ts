import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 65_536;

/** What is in a file from its beginning. A chunk is gone with the next. */
export async function* readChunks(file: FileHandle): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(chunkBytes);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
