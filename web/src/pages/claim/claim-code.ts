const CROCKFORD_CODE = /^[0-9A-HJKMNP-TV-Z]{10}$/;

/**
 * Brings a typed or pasted claim code to the form `XXXXX-XXXXX` (10 Crockford base32 characters, 50 bits), with `.XXXX`
 * behind it, the id of the start, where it was pasted with one.
 *
 * Case, dashes and spaces do not matter; `O` is read as `0`, `I` and `L` as `1`, as Crockford's alphabet asks. The address
 * that an unclaimed instance prints may be pasted whole: the code is its fragment.
 *
 * @returns undefined when the input cannot be a claim code
 */
export function parseClaimCode(input: string): string | undefined {
  const [characters = '', ...startId] = normalize(input).split('.');
  if (!CROCKFORD_CODE.test(characters)) return undefined;
  return [`${characters.slice(0, 5)}-${characters.slice(5)}`, ...startId].join('.');
}

/** Why an input cannot be a claim code, in words for a person; undefined when it can. */
export function claimCodeProblem(input: string): string | undefined {
  if (parseClaimCode(input) !== undefined) return undefined;
  if (/^[0-9A-Z]{10}$/.test(normalize(input))) {
    return 'No claim code contains the letters I, L, O and U; I, L and O are read as 1, 1 and 0. Look at the U again: it may be a V.';
  }
  return 'A claim code has ten letters and digits, such as 7F3KQ-2M9XD. Copy it again in full.';
}

function normalize(input: string): string {
  return input
    .replace(/^.*#claim=/s, '')
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replace(/\.$/, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
}
