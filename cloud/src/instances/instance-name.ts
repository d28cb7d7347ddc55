/** In characters as people count them (grapheme clusters are close enough to code points here). */
export const maximumNameLength = 64;

/** Trims a name. `undefined` if it is empty, too long, or has control or bidirectional formatting characters. */
export function parseInstanceName(text: string): string | undefined {
  const name = text.trim();
  const length = [...name].length;
  // \p{Cc}: control; the rest reorders or hides text, so that a name could pretend to be another.
  const isPrintable = !/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u.test(name);
  return length >= 1 && length <= maximumNameLength && isPrintable ? name : undefined;
}
