import { printable } from './printable.ts';

/** A word that a POSIX shell (cmd.exe on Windows) takes for what it is; characters that are not visible are spelt out. */
export function shellWord(word: string, platform: NodeJS.Platform = process.platform): string {
  if (/^[\w@%+=:,./~-]+$/.test(word) && !word.startsWith('~')) return word;
  if (platform === 'win32') return /^[\w:\\.-]+$/.test(word) ? word : `"${printable(word)}"`;
  if (!/\p{C}/u.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const bytes = Array.from(Buffer.from(word), (byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x27 || byte === 0x5c
      ? `\\${byte.toString(8).padStart(3, '0')}`
      : String.fromCharCode(byte),
  );
  return `$'${bytes.join('')}'`;
}
