/**
 * User codes (RFC 8628 section 6.1): two groups of four characters, `WDJB-MJHT`. Case, spaces and punctuation
 * that a person adds or leaves out do not matter.
 */
const GROUP_LENGTH = 4;
const CODE_LENGTH = 2 * GROUP_LENGTH;

/** Writes what was typed so far in capitals, with the dash where it belongs; anything else is dropped. */
export function formatUserCode(typed: string): string {
  const characters = typed
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .slice(0, CODE_LENGTH);
  if (characters.length <= GROUP_LENGTH) return characters;
  return `${characters.slice(0, GROUP_LENGTH)}-${characters.slice(GROUP_LENGTH)}`;
}

/** The code in its canonical form; undefined when it cannot be one, because it is too short or too long. */
export function parseUserCode(typed: string): string | undefined {
  const characters = typed.replace(/[\s\p{Dash}_.]/gu, '');
  return /^[a-z0-9]{8}$/i.test(characters) ? formatUserCode(characters) : undefined;
}
