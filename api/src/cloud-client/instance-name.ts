const maxLength = 64;

/** Control characters, halves of characters, and whatever else nobody sees, but for what chooses how an emoji looks. */
const invisible =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/** A name that an instance may bear, or why not. */
export type InstanceNameResult = { ok: true; name: string } | { ok: false; message: string };

/** Judges a name as the cloud does: 1 to 64 code points after trimming, of which each is seen. */
export function parseInstanceName(input: string): InstanceNameResult {
  const name = input.trim();
  const { length } = [...name];
  if (length === 0) return { ok: false, message: 'The name is empty. Enter 1 to 64 characters.' };
  if (length > maxLength)
    return { ok: false, message: `The name has ${length} characters. Enter 64 at most.` };
  if (invisible.test(name) || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(name)) {
    return {
      ok: false,
      message: 'The name contains characters that nobody sees. Enter it in one line of plain text.',
    };
  }
  return { ok: true, name };
}
