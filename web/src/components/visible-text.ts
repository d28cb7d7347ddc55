/** Control characters, halves of characters, and whatever else nobody sees, but for what chooses how an emoji looks. */
const INVISIBLE =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/** Whether something of a text is to be seen, and nothing in it hides or reorders the rest: what the cloud wants of names. */
export function isVisibleText(text: string): boolean {
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(text) && !INVISIBLE.test(text);
}
