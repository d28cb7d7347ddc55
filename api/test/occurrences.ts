import { createReadStream } from 'node:fs';

/** Which of `secrets` the file at `path` contains. */
export async function occurrences(path: string, secrets: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const longest = Math.max(...secrets.map(({ length }) => length));
  let end = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 8 << 20 }) as AsyncIterable<Buffer>) {
    const window = Buffer.concat([end, chunk]);
    for (const secret of secrets) if (window.includes(secret)) found.add(secret);
    end = window.subarray(-longest);
  }
  return secrets.filter((secret) => found.has(secret));
}
