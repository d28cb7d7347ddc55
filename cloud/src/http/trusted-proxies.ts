import { BlockList, isIP } from 'node:net';
import { StartupError } from '../errors.ts';

/**
 * Checks an address or network of proxies that are believed whom they speak for, such as `10.0.0.0/8`.
 *
 * @returns it with its prefix length
 * @throws {StartupError} `invalid_configuration`
 */
export function parseTrustedProxy(text: string): string {
  const [, address = '', prefix] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text.trim()) ?? [];
  const longest = isIP(address) === 4 ? 32 : 128;
  const bits = Number(prefix ?? longest);
  if (isIP(address) === 0 || bits > longest) {
    throw invalid(`“${text}” is not an address range`, 'the addresses of your proxies, such as 127.0.0.1');
  }
  if (bits === 0) {
    throw invalid(`“${text}” would let everybody speak for others`, 'only the addresses of your proxies');
  }
  return `${address.toLowerCase()}/${bits}`;
}

/** Ranges as `parseTrustedProxy` returns them, for looking addresses up. */
export function trustedProxies(ranges: readonly string[] = []): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

function invalid(what: string, wanted: string): StartupError {
  return new StartupError('invalid_configuration', `${what}. Give --trusted-proxy ${wanted}.`);
}
