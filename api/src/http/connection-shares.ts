// Whoever can open connections could hold all that there are, with a request a minute on each. So each network has its
// share, and when connections are scarce, idle ones make room.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import type { Server } from '../listeners.ts';
import type { PeerNetworkOf } from './client-address.ts';
import type { ConnectionLimits } from './connection-limits.ts';

interface Connection {
  readonly socket: Socket;
  /** Of one network; whichever was used last is the last. */
  readonly siblings: Set<Connection>;
  /** How many requests are under way on it. */
  active: number;
}

/** Keeps a server from being filled by one network. */
export class ConnectionShares {
  readonly #limits: ConnectionLimits;
  readonly #networkOf: PeerNetworkOf;
  /** Peers that speak for many have one in common, without a name, which is not limited. */
  readonly #byNetwork = new Map<string | undefined, Set<Connection>>();
  /** By the socket that requests name. */
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** Of a server with TLS, whose requests name another socket than the one that was accepted. */
  readonly #byPeer = new Map<string, Connection>();
  #size = 0;

  constructor(limits: ConnectionLimits, networkOf: PeerNetworkOf) {
    this.#limits = limits;
    this.#networkOf = networkOf;
  }

  /** Shares the connections of a server out, for as long as it listens. */
  govern(server: Server): void {
    const isSecure = server instanceof TlsServer;
    server.on('connection', (socket: Socket) => {
      const connection = this.#admit(socket);
      if (connection && isSecure) this.#awaitHandshake(connection);
      else if (connection) this.#bySocket.set(socket, connection);
    });
    server.on('secureConnection', (socket: TLSSocket) => {
      const connection = this.#byPeer.get(peerOf(socket));
      if (connection) this.#bySocket.set(socket, connection);
    });
    server.on('request', ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
      const connection = this.#bySocket.get(socket);
      if (connection) noteRequest(connection, outgoing);
    });
  }

  #admit(socket: Socket): Connection | undefined {
    const network = this.#networkOf(socket);
    const siblings = this.#byNetwork.get(network) ?? new Set();
    const { maxConnectionsPerNetwork, scarceConnections } = this.#limits;
    const hasAll = network !== undefined && siblings.size >= maxConnectionsPerNetwork;
    if (hasAll && !this.#closeIdle(siblings)) {
      socket.destroy();
      return undefined;
    }
    if (this.#size >= scarceConnections) this.#makeRoom();
    const connection = { socket, siblings, active: 0 };
    this.#byNetwork.set(network, siblings.add(connection));
    this.#size += 1;
    socket.once('close', () => {
      this.#forget(connection);
      if (siblings.size === 0 && this.#byNetwork.get(network) === siblings) this.#byNetwork.delete(network);
    });
    return connection;
  }

  #awaitHandshake(connection: Connection): void {
    const peer = peerOf(connection.socket);
    this.#byPeer.set(peer, connection);
    connection.socket.once('close', () => this.#byPeer.delete(peer));
  }

  /** Closes an idle connection of the network that has most of those with an idle one. */
  #makeRoom(): void {
    const networks = [...this.#byNetwork.values()].toSorted((a, b) => b.size - a.size);
    networks.some((connections) => this.#closeIdle(connections));
  }

  /** Closes the connection that has been idle for longest. @returns whether there is one */
  #closeIdle(connections: ReadonlySet<Connection>): boolean {
    for (const connection of connections) {
      if (connection.active > 0) continue;
      this.#forget(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }

  #forget(connection: Connection): void {
    if (connection.siblings.delete(connection)) this.#size -= 1;
  }
}

function noteRequest(connection: Connection, outgoing: ServerResponse): void {
  const { siblings } = connection;
  connection.active += 1;
  outgoing.once('close', () => {
    connection.active -= 1;
    // The last from now on, unless it is closed.
    if (siblings.delete(connection)) siblings.add(connection);
  });
}

/** What no two connections to one port have in common. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
