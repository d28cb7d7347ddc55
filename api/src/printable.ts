// Messages quote what others chose: names of files, what was typed into a flag. A terminal obeys some of it.

/** `text` with everything that is no visible character (control and format characters, lone surrogates) as `\u{…}`. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** The value of a flag for a message that complains about it: printable, and without what a URL may hold of secrets. */
export function quotable(value: string): string {
  return printable(value)
    .replace(/^(https?:\/*)?.*@/i, '$1…@')
    .replace(/[?#].*$/, '?…');
}

/** `text` without registration keys, which are easily put where the name of a file belongs. */
export function withoutKeys(text: string): string {
  return text.replaceAll(/hfkey_[\w-]+/g, 'hfkey_…');
}
