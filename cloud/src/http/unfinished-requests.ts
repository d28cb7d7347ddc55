// Whoever can open connections could fill the memory with requests that never end or with answers that nobody takes, and
// keep others from being heard. So there are only so many of them, and the network that has most makes room for others.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FairQueue } from '../fair-queue.ts';
import { clientAddress, networksOf } from './client-address.ts';

export interface UnfinishedRequestsOptions {
  /** How many there may be; 1,000 unless given. */
  readonly maximum?: number;
  /** For how long a reader may take nothing of its answer, in milliseconds; 30 s unless given. */
  readonly readerTimeout?: number;
  /**
   * The networks of a connection's peer, the widest first; undefined for one that speaks for many, of which only requests
   * count, by the client that sent them.
   */
  readonly peerNetworksOf: (socket: Socket) => readonly string[] | undefined;
}

/**
 * The connections on which a request is still to come or to be finished, or an answer that has begun is still to be taken.
 * Those that wait for their answer to begin are not among them.
 */
export class UnfinishedRequests {
  readonly #maximum: number;
  readonly #readerTimeout: number;
  readonly #peerNetworksOf: UnfinishedRequestsOptions['peerNetworksOf'];
  readonly #queue = new FairQueue<Socket>();
  /** As whose a connection counts, while it does. */
  readonly #networks = new Map<Socket, readonly string[]>();
  /** What came last on each connection: the end of an earlier request says nothing about it. */
  readonly #latest = new WeakMap<Socket, IncomingMessage>();

  constructor({ maximum = 1_000, readerTimeout = 30_000, peerNetworksOf }: UnfinishedRequestsOptions) {
    this.#maximum = maximum;
    this.#readerTimeout = readerTimeout;
    this.#peerNetworksOf = peerNetworksOf;
  }

  noteConnection(socket: Socket): void {
    socket.once('close', () => this.#remove(socket));
    const networks = this.#peerNetworksOf(socket);
    if (networks) this.#add(socket, networks);
  }

  /** @param incoming whose client address is known already */
  noteRequest(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    const clientNetworks = networksOf(clientAddress(incoming));
    const peerNetworks = this.#peerNetworksOf(socket);
    let isArriving = !incoming.complete && hasBody(incoming);
    let isLeaving = false;
    const count = () => {
      if (this.#latest.get(socket) !== incoming) return;
      const idleNetworks = outgoing.closed ? peerNetworks : undefined;
      const networks = isArriving || isLeaving ? clientNetworks : idleNetworks;
      if (networks) this.#add(socket, networks);
      else this.#remove(socket);
    };
    this.#latest.set(socket, incoming);
    count();
    incoming.once('close', () => {
      isArriving = false;
      count();
    });
    onceBegun(outgoing, () => {
      // Nearly every answer is with the system by now.
      if (outgoing.writableFinished || outgoing.closed) return;
      isLeaving = true;
      count();
      // Node starts it anew with each part that is taken, and sets its own one when the answer is finished.
      socket.setTimeout(this.#readerTimeout);
    });
    outgoing.once('close', () => {
      isLeaving = false;
      count();
    });
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

/** Calls back once the head of an answer has been written, and what was written along with it. Node has no event for it. */
function onceBegun(outgoing: ServerResponse, callback: () => void): void {
  const writeHead = outgoing.writeHead.bind(outgoing) as (...head: unknown[]) => ServerResponse;
  // Node's own implicit heads go through it, too.
  outgoing.writeHead = (...head: unknown[]) => {
    setImmediate(callback);
    return writeHead(...head);
  };
}
