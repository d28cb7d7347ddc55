const maxLength = 64;

/** A name that an instance may bear, or why not. */
export type InstanceNameResult = { ok: true; name: string } | { ok: false; message: string };

/** Judges a name as the cloud does: 1 to 64 characters after trimming, no control characters. */
export function parseInstanceName(input: string): InstanceNameResult {
  const name = input.trim();
  if (name.length === 0) return { ok: false, message: 'The name is empty. Enter 1 to 64 characters.' };
  if (name.length > maxLength)
    return { ok: false, message: `The name has ${name.length} characters. Enter 64 at most.` };
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) {
    return {
      ok: false,
      message: 'The name contains control characters. Enter it in one line of plain text.',
    };
  }
  return { ok: true, name };
}
