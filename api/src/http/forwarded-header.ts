import { isIPv4, isIPv6 } from 'node:net';

/** One step that a request took, as the proxy after it wrote it down; empty where it wrote nothing. */
export interface ForwardedStep {
  readonly address: string;
  readonly scheme: string;
}

const pair = /\s*([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]+))\s*/iy;

/**
 * The steps that a `Forwarded` header tells of, nearest last; none if it is malformed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7239#section-4 RFC 7239 section 4}
 */
export function parseForwarded(header: string): readonly ForwardedStep[] {
  const steps: Map<string, string>[] = [new Map()];
  for (let position = 0; position < header.length; position++) {
    pair.lastIndex = position;
    const [whole, name = '', quoted, token] = pair.exec(header) ?? [];
    if (whole === undefined) return [];
    steps.at(-1)?.set(name.toLowerCase(), token ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '');
    position += whole.length;
    const separator = header[position];
    if (separator === ',') steps.push(new Map());
    else if (separator !== ';' && separator !== undefined) return [];
  }
  return steps.map((step) => ({
    address: step.get('for') ?? '',
    scheme: step.get('proto') ?? '',
  }));
}

export function parseScheme(text: string): 'http' | 'https' | undefined {
  const scheme = text.trim().toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

/**
 * An address as proxies write it: bare, with a port, IPv6 in brackets or not. Undefined where the proxy hides it
 * (`unknown`, `_secret`) or it is malformed.
 */
export function parseAddress(text: string): string | undefined {
  const given = text.trim();
  const [, bracketed, v4] = /^(?:\[([0-9a-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i.exec(given) ?? [];
  const address = canonicalAddress(bracketed ?? v4 ?? given);
  return isIPv4(address) || isIPv6(address) ? address : undefined;
}

/**
 * One spelling per address: no zone, IPv6 in lower case and as short as it gets, IPv4 in IPv6 as IPv4.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5952#section-4 RFC 5952 section 4}
 */
export function canonicalAddress(address: string): string {
  const bare = address.replace(/%.*$/, '');
  // Asked last: the expression for it takes 5 ms to compile, which a start would wait for.
  if (isIPv4(bare) || !isIPv6(bare)) return bare;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, ...groups] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? [];
  if (groups.length === 0) return short;
  const pairs = groups.map((group) => Number.parseInt(group, 16));
  return pairs.flatMap((pair) => [pair >> 8, pair & 0xff]).join('.');
}
