// Whoever can open connections could fill the memory with requests that never end, and keep others from being heard. So
// there are only so many of them, and the network that has most makes room for others.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FairQueue } from '../fair-queue.ts';
import { clientAddress, networksOf } from './client-address.ts';

export interface UnfinishedRequestsOptions {
  /** How many there may be; 1,000 unless given. */
  readonly maximum?: number;
  /**
   * The networks of a connection's peer, the widest first; undefined for one that speaks for many, of which only requests
   * count, by the client that sent them.
   */
  readonly peerNetworksOf: (socket: Socket) => readonly string[] | undefined;
}

/** The connections on which a request is still to come or to be finished. Those whose answer is awaited are not among them. */
export class UnfinishedRequests {
  readonly #maximum: number;
  readonly #peerNetworksOf: UnfinishedRequestsOptions['peerNetworksOf'];
  readonly #queue = new FairQueue<Socket>();
  /** As whose a connection counts, while it does. */
  readonly #networks = new Map<Socket, readonly string[]>();

  constructor({ maximum = 1_000, peerNetworksOf }: UnfinishedRequestsOptions) {
    this.#maximum = maximum;
    this.#peerNetworksOf = peerNetworksOf;
  }

  noteConnection(socket: Socket): void {
    const networks = this.#peerNetworksOf(socket);
    if (!networks) return;
    this.#add(socket, networks);
    socket.once('close', () => this.#remove(socket));
  }

  /** @param incoming whose client address is known already */
  noteRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    if (incoming.complete || !hasBody(incoming)) {
      this.#remove(socket);
    } else {
      this.#add(socket, networksOf(clientAddress(incoming)));
      incoming.once('close', () => this.#remove(socket));
    }
    const networks = this.#peerNetworksOf(socket);
    if (networks) outgoing.once('close', () => this.#add(socket, networks));
  }

  #add(socket: Socket, networks: readonly string[]): void {
    if (socket.destroyed || this.#networks.has(socket)) return;
    this.#networks.set(socket, networks);
    this.#queue.add(networks, socket);
    if (this.#queue.size <= this.#maximum) return;
    const dropped = this.#queue.dropFromLargest(networks);
    if (!dropped) return;
    this.#networks.delete(dropped);
    dropped.destroy();
  }

  #remove(socket: Socket): void {
    const networks = this.#networks.get(socket);
    if (!networks) return;
    this.#networks.delete(socket);
    this.#queue.remove(networks, socket);
  }
}

/** RFC 9112 section 6.3: without either header, a request has no body. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}
