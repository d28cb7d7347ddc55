/** Strings and the punctuation that tells keys from values; in valid JSON nothing else matters here. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}:]/g;

/**
 * Whether no object in `json`, a valid JSON text, has two members of one name. `JSON.parse` keeps the last of them and
 * other parsers the first, so two readers of such a token would read different things.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-4 RFC 7515 section 4}: "The Header Parameter names within
 *   the JOSE Header MUST be unique"
 */
export function hasUniqueMembers(json: string): boolean {
  const objects: Set<string>[] = [];
  let lastString = '""';
  for (const [token] of json.matchAll(tokens)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (token === ':') {
      const members = objects.at(-1);
      // "a" and "\u0061" are one name
      const name = lastString.includes('\\') ? (JSON.parse(lastString) as string) : lastString.slice(1, -1);
      if (!members || members.has(name)) return false;
      members.add(name);
    } else lastString = token;
  }
  return true;
}
