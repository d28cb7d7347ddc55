// How an instance is reached from elsewhere: by which names, through which proxies, with which certificate.

import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { StartupError } from './errors.ts';
import { isLoopbackName, isTrustworthyUrl } from './loopback.ts';
import { quotable } from './printable.ts';

export interface Reach {
  /** The origin under which people reach it, when that is not the address on which it listens: a proxy's. */
  readonly publicUrl?: string | undefined;
  /** Further values of `Host` that it answers to, lower case: `HOST` (on its own or the default port) or `HOST:PORT`. */
  readonly allowedHosts?: readonly string[];
  /** Addresses and networks (`192.0.2.0/24`) of proxies that are believed whom they speak for. */
  readonly trustedProxies?: readonly string[];
  /** Whether proofs must contain a nonce of the instance. */
  readonly dpopNonce?: boolean | undefined;
  /** Where its certificate comes from; plain HTTP without. */
  readonly tls?: TlsSource | undefined;
}

export type TlsSource =
  | { readonly kind: 'self-signed' }
  /** PEM files, absolute: the certificate with its chain, and its private key. */
  | { readonly kind: 'files'; readonly certificateFile: string; readonly keyFile: string };

/** The flags as commander names them. */
export interface ReachFlags {
  readonly publicUrl?: string | undefined;
  readonly allowHost?: readonly string[] | undefined;
  readonly trustedProxy?: readonly string[] | undefined;
  readonly dpopNonce?: boolean | undefined;
  readonly tls?: 'self-signed' | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/**
 * Checks the flags and turns them into a configuration.
 *
 * @param attempt runs a step and notes what it throws, so that one message can name every bad value
 */
export function parseReach(
  { publicUrl, allowHost = [], trustedProxy = [], dpopNonce, ...tls }: ReachFlags,
  attempt: <Value>(parse: () => Value) => Value | undefined,
): Reach {
  return {
    publicUrl: publicUrl === undefined ? undefined : attempt(() => parsePublicUrl(publicUrl)),
    allowedHosts: allowHost.flatMap((host) => attempt(() => parseAllowedHost(host)) ?? []),
    trustedProxies: trustedProxy.flatMap((range) => attempt(() => parseRange(range)) ?? []),
    dpopNonce,
    tls: attempt(() => parseTls(tls)),
  };
}

/** @throws StartupError `invalid_configuration` unless https, or http on a loopback name, without a path */
function parsePublicUrl(text: string): string {
  const url = URL.parse(text.trim());
  if (!url || !isTrustworthyUrl(url) || `${url.origin}/` !== url.href) {
    throw invalid(
      `“${quotable(text)}” cannot be the public address. Give --public-url scheme, host and port only, with https (or http on this machine), such as https://lab.example.com.`,
    );
  }
  return url.origin;
}

function parseAllowedHost(text: string): string {
  const host = text.trim().toLowerCase();
  const [, name, port] =
    /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([1-9]\d{0,4}))?$/.exec(host) ?? [];
  // The form in which browsers write it is the only one that is compared.
  const written = name === undefined ? undefined : URL.parse(`http://${name}`)?.hostname;
  if (name === undefined || written !== name || Number(port ?? 1) > 65_535) {
    throw invalid(
      `“${quotable(text)}” is not a host name. Give --allow-host a name as browsers show it, such as lab.example.com or lab.example.com:8443.`,
    );
  }
  return host;
}

function parseRange(text: string): string {
  const [, address = '', prefix] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text.trim()) ?? [];
  const family = isIP(address);
  const bits = Number(prefix ?? (family === 4 ? 32 : 128));
  if (family === 0 || bits > (family === 4 ? 32 : 128)) {
    throw invalid(
      `“${quotable(text)}” is not an address range. Give --trusted-proxy the addresses of your proxies, such as 127.0.0.1 or 10.0.0.0/8.`,
    );
  }
  if (bits === 0) {
    throw invalid(
      `“${quotable(text)}” would let everybody claim to speak for somebody else. Give --trusted-proxy only the addresses of your proxies.`,
    );
  }
  return `${address.toLowerCase()}/${bits}`;
}

/** Ranges as `parseReach` returns them, for looking addresses up. */
export function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Something that works, but hardly as it was meant, and the one thing to do about it: a sentence each. */
export interface ReachWarning {
  readonly message: string;
  readonly remedy: string;
}

/**
 * What a person should know about an instance that others reach.
 *
 * @param host of the address to listen on
 */
export function reachWarnings(host: string, { publicUrl, trustedProxies = [], tls }: Reach): ReachWarning[] {
  const warnings: ReachWarning[] = [];
  // Browsers offer no keys to pages from elsewhere that came over plain HTTP.
  if (!isLoopbackName(host) && !tls && !publicUrl?.startsWith('https:')) {
    warnings.push({
      message: `The instance listens on ${host} over plain HTTP, where nobody can sign in except on this machine.`,
      remedy: 'Start it with --tls self-signed, or with --public-url behind a proxy that speaks https.',
    });
  }
  if (publicUrl !== undefined && !tls && trustedProxies.length === 0) {
    warnings.push({
      message: `All visitors of ${publicUrl} count as one, because no proxy is trusted to tell who they are.`,
      remedy: 'Name yours with --trusted-proxy, such as --trusted-proxy 127.0.0.1.',
    });
  }
  return warnings;
}

function parseTls({
  tls,
  tlsCert,
  tlsKey,
}: Pick<ReachFlags, 'tls' | 'tlsCert' | 'tlsKey'>): TlsSource | undefined {
  if (tls !== undefined && (tlsCert !== undefined || tlsKey !== undefined)) {
    throw invalid(
      'The certificate can come from one source only. Keep --tls self-signed, or --tls-cert and --tls-key.',
    );
  }
  if (tls !== undefined) return { kind: tls };
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (!tlsCert?.trim() || !tlsKey?.trim()) {
    throw invalid(
      'A certificate needs its key, and a key its certificate. Give both --tls-cert FILE and --tls-key FILE.',
    );
  }
  return { kind: 'files', certificateFile: resolve(tlsCert), keyFile: resolve(tlsKey) };
}

function invalid(message: string): StartupError {
  return new StartupError('invalid_configuration', message);
}
