// How the instance is to be reached, judged by what its flags say. What contradicts itself is refused before.

import { isIP } from 'node:net';
import type { ListenAddress } from '../config.ts';
import { isLoopbackName } from '../loopback.ts';
import { blockListOf, type Reach, reachWarnings } from '../reach-config.ts';
import { type Finding, ok, warning } from './finding.ts';

/** Networks that nobody on the internet is in. */
const privateNetworks = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
];
/** A network of the internet that is no larger may be that of one operator's proxies. */
const shortestPublicPrefix = { ipv4: 24, ipv6: 48 } as const;

export interface ReachExamination {
  readonly listen: ListenAddress;
  readonly reach: Reach;
  /** Origins of other pages that may use the instance. */
  readonly allowedOrigins: readonly string[];
}

export function examineReach({ listen, reach, allowedOrigins }: ReachExamination): Finding[] {
  const findings = [
    ...reachWarnings(listen.host, reach).map(({ message, remedy }) => warning('Reach', message, remedy)),
    ...unreachableNames(listen, reach),
    ...(reach.trustedProxies ?? []).filter(isWide).map(wideProxy),
    ...allowedOrigins.filter(isPlainAndRemote).map(plainOrigin),
  ];
  if (findings.length > 0) return findings;
  const { publicUrl, allowedHosts = [] } = reach;
  const names = allowedHosts.length > 0 ? ` and to ${allowedHosts.join(', ')}` : '';
  return [
    ok(
      'Reach',
      publicUrl === undefined ? `It answers to its own address${names}.` : `It is for ${publicUrl}.`,
    ),
  ];
}

/** Names that were given to an instance which nobody but this machine reaches, and which no proxy publishes. */
function unreachableNames({ host }: ListenAddress, reach: Reach): Finding[] {
  const { publicUrl, allowedHosts = [], trustedProxies = [] } = reach;
  const names = allowedHosts.filter((name) => !isLoopbackName(name.replace(/:\d+$/, '')));
  const isPublished = publicUrl !== undefined || trustedProxies.length > 0;
  if (!isLoopbackName(host) || isPublished || names.length === 0) return [];
  return [
    warning(
      'Names',
      `It is to answer to ${names.join(', ')}, but listens on ${host}, where only this machine reaches it.`,
      'Let it listen for others with --listen, or name the address of its proxy with --public-url.',
    ),
  ];
}

/** @param range as `parseReach` returns it */
function isWide(range: string): boolean {
  const { family, prefix } = partsOf(range);
  return (
    prefix < shortestPublicPrefix[family] && !privateNetworks.some((network) => isWithin(range, network))
  );
}

function isWithin(range: string, network: string): boolean {
  const { address, family, prefix } = partsOf(range);
  return prefix >= partsOf(network).prefix && blockListOf([network]).check(address, family);
}

function partsOf(range: string): { address: string; family: 'ipv4' | 'ipv6'; prefix: number } {
  const [address = '', prefix] = range.split('/');
  return { address, family: isIP(address) === 4 ? 'ipv4' : 'ipv6', prefix: Number(prefix) };
}

function wideProxy(range: string): Finding {
  return warning(
    'Proxies',
    `Everybody in ${range}, a large part of the internet, is believed whom he speaks for.`,
    'Give --trusted-proxy the addresses of your proxies only.',
  );
}

function isPlainAndRemote(origin: string): boolean {
  const url = new URL(origin);
  return url.protocol === 'http:' && !isLoopbackName(url.hostname);
}

function plainOrigin(origin: string): Finding {
  return warning(
    'Origins',
    `Pages of ${origin} come over plain HTTP: whoever is on their way can change them, and browsers give them no keys.`,
    `Serve them by https, and say --allow-origin ${origin.replace('http:', 'https:')}`,
  );
}
