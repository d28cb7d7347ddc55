/** A word that every guesser tries. */
export const knownWord = 'holdfast';

/** The time that zxcvbn takes grows with the square of the length. */
const judgedLength = 24;

/**
 * What people write for letters. Each spelling that a password can mean is looked up by itself, so only the signs whose
 * letter is uncertain everywhere stand for two.
 */
export const letterSubstitutions: Record<string, string[]> = {
  a: ['4', '@'],
  b: ['8'],
  c: ['(', '<'],
  e: ['3'],
  g: ['6', '9'],
  h: ['#'],
  i: ['1', '!', '|'],
  l: ['1', '!', '|'],
  o: ['0', '()'],
  s: ['$', '5'],
  t: ['7', '+'],
  x: ['%'],
  z: ['2'],
};

/** How many spellings are looked up at most. */
export const maximumSpellings = 10;

/**
 * The part of a password that is judged, which can take no more guesses than all of it: its beginning, after what is
 * known has been cut short that would be cut in the middle. Repetitions count once, and a long word of the account as a
 * short known one.
 */
export function judgedPart(password: string, accountWords: readonly string[]): string {
  const longWords = accountWords
    .filter(({ length }) => length > knownWord.length)
    .toSorted((one, other) => other.length - one.length);
  const known = longWords.reduce((text, word) => replaceAll(text, word, knownWord), password);
  return known.replace(/(.{8,}?)\1+/gs, '$1').slice(0, judgedLength);
}

/** Whatever the case of its letters. */
function replaceAll(text: string, word: string, replacement: string): string {
  const pattern = word.replace(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
  return text.replace(new RegExp(pattern, 'giu'), replacement);
}
