const CROCKFORD_CODE = /^[0-9A-HJKMNP-TV-Z]{10}$/;

/**
 * Brings a typed or pasted claim code to the form `XXXXX-XXXXX` (10 Crockford base32 characters, 50 bits).
 *
 * Case, dashes and spaces do not matter; `O` is read as `0`, `I` and `L` as `1`, as Crockford's alphabet asks.
 *
 * @returns undefined when the input cannot be a claim code
 */
export function parseClaimCode(input: string): string | undefined {
  const characters = input.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  if (!CROCKFORD_CODE.test(characters)) return undefined;
  return `${characters.slice(0, 5)}-${characters.slice(5)}`;
}
