// A page of a stranger can make its own name resolve to this machine (DNS rebinding): its requests then reach the
// instance as if they were same-origin. They give themselves away by their `Host`, so that is judged before all else.

import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { ListenAddress } from '../config.ts';
import { isLoopbackName } from '../loopback.ts';
import type { Reach } from '../reach-config.ts';
import type { FarEnd } from './client-address.ts';

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];
type Scheme = 'http' | 'https';
const defaultPorts = { http: ':80', https: ':443' };

/**
 * The instance's origin as a request addressed it; undefined unless the request was meant for this instance: exactly one
 * `Host`, one of its own names, and a request target without a host of its own (absolute form, CONNECT).
 */
export type HostCheck = (
  request: Pick<IncomingMessage, 'rawHeaders' | 'url' | 'method' | 'socket' | 'headers'>,
) => string | undefined;

export interface HostCheckOptions extends Pick<Reach, 'publicUrl' | 'allowedHosts'> {
  /** Where the instance listens, with the real port. */
  readonly address: ListenAddress;
  readonly schemeOf: FarEnd['schemeOf'];
}

export function createHostCheck({
  address,
  publicUrl,
  allowedHosts = [],
  schemeOf,
}: HostCheckOptions): HostCheck {
  const { host, port } = address;
  const isWildcard = host === '0.0.0.0' || host === '::';
  const own = new Set<string>();
  if (!isWildcard) own.add(`${bracketed(host)}:${port}`);
  if (isWildcard || isLoopbackName(host)) for (const name of loopbackNames) own.add(`${name}:${port}`);
  // A name without a port is meant with the default one, which browsers leave out, and with the instance's own.
  const allowed = new Set(allowedHosts.flatMap((name) => (hasPort(name) ? name : [name, `${name}:${port}`])));
  const published = publicUrl === undefined ? undefined : new URL(publicUrl);
  const publicScheme = published?.protocol === 'http:' ? 'http' : 'https';
  // Addresses come and go while a laptop moves, so they are asked for at each request.
  const isOwn = (authority: string) =>
    own.has(authority) || (isWildcard && ownAddresses().some((name) => `${name}:${port}` === authority));

  return (request) => {
    const authority = authorityOf(request);
    if (authority === undefined) return undefined;
    // A proxy stands in front, whatever it speaks to the instance.
    if (withoutDefaultPort(authority, publicScheme) === published?.host) return publicUrl;
    const scheme = schemeOf(request);
    const short = withoutDefaultPort(authority, scheme);
    const full = hasPort(short) ? short : `${short}${defaultPorts[scheme]}`;
    return allowed.has(short) || allowed.has(full) || isOwn(full) ? `${scheme}://${short}` : undefined;
  };
}

/** The one `Host` of a request, lower case, whose target names no host besides. */
function authorityOf({ rawHeaders, url, method }: Parameters<HostCheck>[0]): string | undefined {
  const hosts = rawHeaders.filter(
    (_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
  );
  const isOriginForm = url?.startsWith('/') === true && !url.startsWith('//') && method !== 'CONNECT';
  return isOriginForm && hosts.length === 1 ? hosts[0]?.toLowerCase() : undefined;
}

function hasPort(authority: string): boolean {
  return /:\d+$/.test(authority);
}

function withoutDefaultPort(authority: string, scheme: Scheme): string {
  const suffix = defaultPorts[scheme];
  const name = authority.endsWith(suffix) ? authority.slice(0, -suffix.length) : authority;
  // Of two ports neither is left out: that is no address.
  return hasPort(name) ? authority : name;
}

function ownAddresses(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return addresses.map(({ address }) => bracketed(address.toLowerCase()));
}

/** As browsers write it in `Host`. */
function bracketed(host: string): string {
  return host.includes(':') ? new URL(`http://[${host}]`).host : host;
}
