// Whoever can open connections could hold all that there are, with a request a minute on each. So each network has its
// share, wide ones as well as the narrow ones within them. And when connections are scarce, those of whoever has most make
// room: idle ones for each new one, and busy ones where nearly all are busy. So it takes as many networks as there are
// connections to keep others out.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isTlsServer, type Server } from '../server.ts';
import type { PeerNetworksOf } from './client-address.ts';
import type { ConnectionLimits } from './connection-limits.ts';

/** The connections of a network that are open. */
class Network {
  readonly share: number;
  /** Whichever was opened or used last is the last. */
  readonly idle = new Set<Connection>();
  /** With requests under way. */
  readonly busy = new Set<Connection>();

  constructor(share: number) {
    this.share = share;
  }

  get size(): number {
    return this.idle.size + this.busy.size;
  }
}

interface Connection {
  readonly socket: Socket;
  /** That it counts for, from the widest on, which is all there is. */
  readonly networks: readonly Network[];
  /** To requests that are under way on it. */
  readonly answers: Set<ServerResponse>;
  /** Whether there has been a request on it. */
  isUsed: boolean;
}

/** Keeps a server from being filled by a few networks. */
export class ConnectionShares {
  readonly #limits: ConnectionLimits;
  readonly #networksOf: PeerNetworksOf;
  readonly #all: Network;
  /** Without the peers that speak for many, which are not limited. */
  readonly #byName = new Map<string, Network>();
  readonly #speakers: Network;
  /** By the socket that requests name. */
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** Of a server with TLS, whose requests name another socket than the one that was accepted. By their two ends. */
  readonly #inHandshake = new Map<string, Connection>();

  constructor(limits: ConnectionLimits, networksOf: PeerNetworksOf) {
    this.#limits = limits;
    this.#networksOf = networksOf;
    this.#all = new Network(limits.maxConnections);
    this.#speakers = new Network(limits.maxConnections);
  }

  /** Shares the connections of a server out, for as long as it listens. */
  govern(server: Server): void {
    const isSecure = isTlsServer(server);
    server.on('connection', (socket: Socket) => {
      const connection = this.#admit(socket);
      if (connection && isSecure) this.#awaitHandshake(connection);
      else if (connection) this.#bySocket.set(socket, connection);
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      const ends = endsOf(socket);
      const connection = this.#inHandshake.get(ends);
      this.#inHandshake.delete(ends);
      if (connection) this.#bySocket.set(socket, connection);
    });
    server.on('request', ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
      const connection = this.#bySocket.get(socket);
      if (connection) this.#noteRequest(connection, outgoing);
    });
  }

  #admit(socket: Socket): Connection | undefined {
    const names = this.#networksOf(socket);
    const networks = [this.#all, ...this.#networksNamed(names)];
    const connection: Connection = { socket, networks, answers: new Set(), isUsed: false };
    for (const { idle } of networks) idle.add(connection);
    socket.once('close', () => {
      forget(connection);
      for (const name of names) if (this.#byName.get(name)?.size === 0) this.#byName.delete(name);
    });
    this.#makeRoomFor(connection);
    return this.#all.idle.has(connection) ? connection : undefined;
  }

  /** @param names from the narrowest on @returns from the widest on */
  #networksNamed(names: readonly string[]): Network[] {
    if (names.length === 0) return [this.#speakers];
    const networks = names.map((name, breadth) => {
      const network =
        this.#byName.get(name) ?? new Network(this.#limits.networkShares[breadth] ?? this.#all.share);
      this.#byName.set(name, network);
      return network;
    });
    return networks.toReversed();
  }

  #awaitHandshake(connection: Connection): void {
    const ends = endsOf(connection.socket);
    // Whoever begins anew from the same port has left the former connection.
    this.#inHandshake.get(ends)?.socket.destroy();
    this.#inHandshake.set(ends, connection);
    connection.socket.once('close', () => {
      if (this.#inHandshake.get(ends) === connection) this.#inHandshake.delete(ends);
    });
  }

  #makeRoomFor({ networks }: Connection): void {
    const all = this.#all;
    if (all.size > this.#limits.scarceConnections) closeHeaviest(usedOf(all));
    if (all.size > all.share) closeHeaviest([...[...all.idle].toReversed(), ...this.#busyOf(all)]);
    for (const network of networks.slice(1).toReversed()) {
      if (network.size <= network.share) continue;
      // The newest, on which nothing was asked yet, is judged like all others.
      if (!closeHeaviest(usedOf(network))) closeHeaviest([...network.idle, ...this.#busyOf(network)]);
    }
  }

  #noteRequest(connection: Connection, outgoing: ServerResponse): void {
    const { answers } = connection;
    answers.add(outgoing);
    connection.isUsed = true;
    outgoing.once('close', () => {
      answers.delete(outgoing);
      if (answers.size > 0) return;
      // The last from now on, unless it is closed.
      for (const { busy, idle } of connection.networks) if (busy.delete(connection)) idle.add(connection);
    });
    // Whoever asks on without reading would have all of the answers made, and kept.
    if (answers.size > this.#limits.answersPerConnection) outgoing.req.socket.destroy();
    for (const { busy, idle } of connection.networks) if (idle.delete(connection)) busy.add(connection);
    const limitedBusy = this.#all.busy.size - this.#speakers.busy.size;
    if (limitedBusy > this.#limits.scarceConnections) closeHeaviest(this.#busyOf(this.#all));
  }

  /** The busy ones, newest first, without those of peers that speak for many. */
  #busyOf({ busy }: Network): Connection[] {
    return [...busy].filter((connection) => !this.#speakers.busy.has(connection)).toReversed();
  }
}

/** Those that wait for a next request, whichever has been idle for longest first. */
function usedOf({ idle }: Network): Connection[] {
  return [...idle].filter(({ isUsed }) => isUsed);
}

/**
 * Closes the connection whose networks have most of their shares, the first of several.
 *
 * @returns whether there is one
 */
function closeHeaviest(connections: readonly Connection[]): boolean {
  let heaviest: Connection | undefined;
  let most = 0;
  for (const connection of connections) {
    const weight = weightOf(connection);
    if (weight > most) [heaviest, most] = [connection, weight];
  }
  if (!heaviest) return false;
  forget(heaviest);
  heaviest.socket.destroy();
  return true;
}

function weightOf({ networks }: Connection): number {
  let sum = 0;
  for (const { idle, busy, share } of networks) sum += (idle.size + busy.size) / share;
  return sum;
}

function forget(connection: Connection): void {
  for (const { idle, busy } of connection.networks) {
    idle.delete(connection);
    busy.delete(connection);
  }
}

/** What no two connections have in common that are open at the same time. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}
