import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** The peer's address as the socket has it; forwarding headers are not believed. IPv4 in IPv6 is written as IPv4. */
export function clientAddress({ socket }: Pick<IncomingMessage, 'socket'>): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

/** What rate limits count by: an IPv4 address, or the /64 network of an IPv6 address, which one subscriber owns. */
export function rateLimitKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailLength = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  const zeros = tail === undefined ? 0 : 8 - groups.length - tailLength;
  return [...groups, ...Array<string>(zeros).fill('0')].slice(0, 4).join(':').concat('::/64');
}
