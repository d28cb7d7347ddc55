// Whoever reaches the instance directly can write whatever into forwarding headers, so they count only when the peer of
// the connection is a proxy that the operator named.

import type { IncomingMessage } from 'node:http';
import { type BlockList, isIPv4, type Socket } from 'node:net';
import { isLoopbackName } from '../loopback.ts';
import { blockListOf } from '../reach-config.ts';
import { canonicalAddress, parseAddress, parseForwarded, parseScheme } from './forwarded-header.ts';
import { networksOf } from './networks.ts';

type Request = Pick<IncomingMessage, 'socket' | 'headers'>;

/** The address of whoever sent a request: IPv4, or IPv6 without zone and brackets; empty once the line is dead. */
export type ClientAddressOf = (incoming: Request) => string;

/**
 * What the peer of a connection counts for: its networks, from the narrowest on, or none for a peer that may speak for
 * many, which is a trusted proxy or anything on this machine.
 */
export type PeerNetworksOf = (socket: Pick<Socket, 'remoteAddress'>) => readonly string[];

/** What is known about the far end of a connection, behind proxies that are trusted. */
export interface FarEnd {
  readonly clientAddressOf: ClientAddressOf;
  /** By which scheme the client addressed the instance, or its proxy. */
  readonly schemeOf: (incoming: Request) => 'http' | 'https';
  readonly peerNetworksOf: PeerNetworksOf;
}

/** @param trustedProxies ranges as `parseReach` returns them */
export function createFarEnd(trustedProxies: readonly string[] = []): FarEnd {
  const trusted = trustedProxies.length > 0 ? blockListOf(trustedProxies) : undefined;
  return {
    clientAddressOf(incoming) {
      const peer = peerOf(incoming);
      return isTrusted(trusted, peer) ? firstUntrusted(peer, toldAddresses(incoming), trusted) : peer;
    },
    schemeOf(incoming) {
      const told = isTrusted(trusted, peerOf(incoming)) ? toldScheme(incoming) : undefined;
      return told ?? ('encrypted' in incoming.socket ? 'https' : 'http');
    },
    peerNetworksOf(socket) {
      const peer = peerOf({ socket });
      return isTrusted(trusted, peer) || isLoopbackName(peer) ? [] : networksOf(peer);
    },
  };
}

function peerOf({ socket }: { socket: Pick<Socket, 'remoteAddress'> }): string {
  return canonicalAddress(socket.remoteAddress ?? '');
}

function isTrusted(trusted: BlockList | undefined, address: string): boolean {
  if (!trusted || address === '') return false;
  return trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/**
 * From the nearest step back: each trusted proxy vouches for the step before it, and for no other. Those before are not
 * looked at: a client can send thousands, and is counted only once its address is known.
 */
function firstUntrusted(peer: string, steps: readonly string[], trusted: BlockList | undefined): string {
  let nearest = peer;
  for (const step of steps.toReversed()) {
    const address = parseAddress(step);
    if (address === undefined) break;
    nearest = address;
    if (!isTrusted(trusted, address)) break;
  }
  return nearest;
}

/** `X-Forwarded-For` is what proxies maintain; they pass a client's own `Forwarded` on. So that one counts alone only. */
function toldAddresses({ headers }: Request): readonly string[] {
  const forwardedFor = headers['x-forwarded-for'];
  if (forwardedFor !== undefined) return String(forwardedFor).split(',');
  return parseForwarded(headers.forwarded ?? '').map(({ address }) => address);
}

function toldScheme({ headers }: Request): 'http' | 'https' | undefined {
  const forwardedProto = headers['x-forwarded-proto'];
  if (forwardedProto !== undefined) return parseScheme(String(forwardedProto).split(',').at(-1) ?? '');
  return parseScheme(parseForwarded(headers.forwarded ?? '').at(-1)?.scheme ?? '');
}
