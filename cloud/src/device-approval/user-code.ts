/**
 * Brings a user code into the form it was made in: eight letters without vowels, whatever case, dashes or spaces a
 * person typed (RFC 8628 section 6.1). `undefined` if it cannot be a code.
 */
export function normalizeUserCode(typed: string): string | undefined {
  const code = typed.replace(/[\s\p{Pd}]/gu, '').toUpperCase();
  return /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/.test(code) ? code : undefined;
}

/** The form that people read: `XXXX-XXXX`. */
export function displayUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
