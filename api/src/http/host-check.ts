// A page of a stranger can make its own name resolve to this machine (DNS rebinding): its requests then reach the
// instance as if they were same-origin. They give themselves away by their `Host`, so that is judged before all else.

import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { ListenAddress } from '../config.ts';
import { isLoopbackName } from '../loopback.ts';

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * The instance's origin as a request addressed it; undefined unless the request was meant for this instance: exactly one
 * `Host`, one of its own names, and a request target without a host of its own (absolute form, CONNECT).
 */
export type HostCheck = (
  request: Pick<IncomingMessage, 'rawHeaders' | 'url' | 'method'>,
) => string | undefined;

/** @param address where the instance listens, with the real port */
export function createHostCheck({ host, port }: ListenAddress): HostCheck {
  const isWildcard = host === '0.0.0.0' || host === '::';
  const names = new Set([bracketed(host)]);
  if (isWildcard) names.delete(bracketed(host));
  if (isWildcard || isLoopbackName(host)) for (const name of loopbackNames) names.add(name);

  return ({ rawHeaders, url, method }) => {
    const hosts = rawHeaders.filter(
      (_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
    );
    const isOriginForm = url?.startsWith('/') === true && !url.startsWith('//') && method !== 'CONNECT';
    const [given] = hosts;
    if (!isOriginForm || hosts.length !== 1 || given === undefined) return undefined;
    const name = nameOf(given.toLowerCase(), port);
    if (name === undefined) return undefined;
    // Addresses come and go while a laptop moves, so they are asked for at each request.
    const isOwn = names.has(name) || (isWildcard && ownAddresses().has(name));
    return isOwn ? `http://${name}${port === 80 ? '' : `:${port}`}` : undefined;
  };
}

/** The name before the port, if that is `port`; without one, 80 is meant. */
function nameOf(host: string, port: number): string | undefined {
  const suffix = `:${port}`;
  if (host.endsWith(suffix)) return host.slice(0, -suffix.length);
  return port === 80 && !/:\d*$/.test(host.replace(/^\[.*\]/, '')) ? host : undefined;
}

function ownAddresses(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return new Set(addresses.map(({ address }) => bracketed(address.toLowerCase())));
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
