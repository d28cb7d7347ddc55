// Whoever reaches the cloud directly can write whatever into forwarding headers, so they count only when the peer of the
// connection is a proxy that the operator named.

import type { IncomingMessage } from 'node:http';
import { type BlockList, isIP, isIPv4, isIPv6, type Socket } from 'node:net';
import { isLoopbackHostname } from './loopback.ts';

type Request = Pick<IncomingMessage, 'socket' | 'headers'>;

const toldAddresses = new WeakMap<Request, string>();

/**
 * Finds out from where a request came, for `clientAddress`, while its headers are as the peer has sent them. From the
 * nearest step of `X-Forwarded-For` back, each trusted proxy vouches for the step before it, and for no other.
 */
export function noteClientAddress(incoming: Request, trusted: BlockList): void {
  let nearest = peerOf(incoming);
  for (const step of String(incoming.headers['x-forwarded-for'] ?? '')
    .split(',')
    .toReversed()) {
    if (!isTrusted(trusted, nearest)) break;
    const address = parseStep(step);
    if (address === undefined) break;
    nearest = address;
  }
  toldAddresses.set(incoming, nearest);
}

/** The address of whoever sent a request: IPv4, or IPv6 without zone and brackets; empty once the line is dead. */
export function clientAddress(incoming: Request): string {
  return toldAddresses.get(incoming) ?? peerOf(incoming);
}

/**
 * The networks to which an address belongs, the widest first, which is what limits count by: of an IPv6 address the /32
 * of a provider, the /48 and the /56, of which a subscriber may own as much, and the /64; of an IPv4 address the /16, the
 * /20 and the /24, and itself. Owning many narrow ones gains no more than owning the wide one.
 *
 * @param address as `clientAddress` returns it
 */
export function networksOf(address: string): readonly string[] {
  if (isIPv4(address)) {
    const [first, second, third] = address.split('.');
    const widest = `${first}.${second}`;
    return [`${widest}.0.0/16`, `${widest}.${Number(third) & 0xf0}.0/20`, `${widest}.${third}.0/24`, address];
  }
  if (!isIPv6(address)) return [address];
  const [first, second, third, fourth = '0'] = subnetOf(address);
  const site = `${first}:${second}:${third}`;
  const delegated = Number.parseInt(fourth, 16) & 0xff00;
  return [
    `${first}:${second}::/32`,
    `${site}::/48`,
    `${site}:${delegated.toString(16)}::/56`,
    `${site}:${fourth}::/64`,
  ];
}

/**
 * The networks of the peer of a connection, as `networksOf` returns them; undefined for one that may speak for many: a
 * trusted proxy, or anything on this machine.
 */
export function peerNetworksOf(
  socket: Pick<Socket, 'remoteAddress'>,
  trusted: BlockList,
): readonly string[] | undefined {
  const peer = peerOf({ socket });
  const isLocal = peer === '::1' || isLoopbackHostname(peer);
  return isLocal || isTrusted(trusted, peer) ? undefined : networksOf(peer);
}

/** The first four groups of an IPv6 address. */
function subnetOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailLength = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  const zeros = tail === undefined ? 0 : 8 - groups.length - tailLength;
  return [...groups, ...Array<string>(zeros).fill('0')].slice(0, 4);
}

function peerOf({ socket }: { socket: Pick<Socket, 'remoteAddress'> }): string {
  return canonical(socket.remoteAddress ?? '');
}

function isTrusted(trusted: BlockList, address: string): boolean {
  return address !== '' && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** An address as proxies write it: bare, with a port, IPv6 in brackets or not. */
function parseStep(text: string): string | undefined {
  const given = text.trim();
  const [, bracketed, v4] = /^(?:\[([0-9a-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i.exec(given) ?? [];
  const address = canonical(bracketed ?? v4 ?? given);
  return isIP(address) === 0 ? undefined : address;
}

/**
 * One spelling per address: no zone, IPv6 in lower case and as short as it gets, IPv4 in IPv6 as IPv4.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5952#section-4 RFC 5952 section 4}
 */
function canonical(address: string): string {
  const bare = address.replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare;
  const short = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const [, ...groups] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? [];
  if (groups.length === 0) return short;
  const pairs = groups.map((group) => Number.parseInt(group, 16));
  return pairs.flatMap((pair) => [pair >> 8, pair & 0xff]).join('.');
}
