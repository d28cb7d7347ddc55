/** In characters as people count them (grapheme clusters are close enough to code points here). */
export const maximumNameLength = 64;

/**
 * What nobody sees, and what reorders or hides the rest, so that a name could pretend to be another: control characters,
 * halves of characters, whatever Unicode has without a look of its own, and empty braille. Not those that only choose how
 * an emoji looks.
 */
const invisible =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/** Trims a name. `undefined` if nothing of it is to be seen, or something is not, or it is too long. */
export function parseInstanceName(text: string): string | undefined {
  const name = text.trim();
  const length = [...name].length;
  const isVisible = /[\p{L}\p{N}\p{P}\p{S}]/u.test(name) && !invisible.test(name);
  return length <= maximumNameLength && isVisible ? name : undefined;
}
