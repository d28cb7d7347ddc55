import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** In how many ways bytes can lie within base64 text. */
const alignments = [0, 1, 2];

/** The spellings under which a secret may turn up, by their names. */
export function formsOf(secret: string): ReadonlyMap<string, string> {
  const bytes = Buffer.from(secret);
  const forms = new Map([
    ['in clear', secret],
    ['in a URL', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ '': secret }).toString().slice(1)],
    ['in hex', bytes.toString('hex')],
    ['in upper-case hex', bytes.toString('hex').toUpperCase()],
  ]);
  for (const alphabet of ['base64', 'base64url'] as const) {
    for (const before of alignments) {
      const text = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(3)]).toString(alphabet);
      // Only the characters that the secret alone decides.
      const [first, end] = [Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3)];
      forms.set(`in ${alphabet}, ${before} bytes in`, text.slice(first, end));
    }
  }
  return forms;
}

/** Each secret that is found in a place where it may not be, as a sentence. */
export function findCanaries(
  secrets: ReadonlyMap<string, string>,
  places: ReadonlyMap<string, string | Buffer>,
): string[] {
  const found: string[] = [];
  for (const [name, secret] of secrets) {
    for (const [form, text] of formsOf(secret)) {
      for (const [place, content] of places)
        if (content.includes(text)) found.push(`${name} ${form} in ${place}`);
    }
  }
  return found;
}

/** Every file below `root` with its content, by its path from there. */
export async function filesBelow(root: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(root, path), await readFile(path));
  }
  return files;
}
