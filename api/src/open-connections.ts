import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isTlsServer, type Server } from './server.ts';

/** How long requests may have been on their way when a server stops, in milliseconds. */
const onTheWayMilliseconds = 100;

/**
 * The connections of a server and the answers that are under way on them. Node's own `Server.close()` would cut
 * connections whose answer has been handed over, but has not reached its reader.
 */
export class OpenConnections {
  /** Those in the middle of a TLS handshake included. */
  readonly #all = new Set<Socket>();
  /** Of those that speak HTTP, by connection: the end asks each of them, and again for each request that comes then. */
  readonly #answers = new Map<Socket, Set<ServerResponse>>();
  #isEnding = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => keepWhileOpen(this.#all, socket));
    server.on(isTlsServer(server) ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#answers.set(socket, new Set());
      socket.once('close', () => this.#answers.delete(socket));
    });
    // Before whoever answers, so that the last answer of a connection says that it is.
    server.prependListener('request', ({ socket }, outgoing) => {
      const answers = this.#answers.get(socket);
      if (answers) keepWhileOpen(answers, outgoing);
      if (this.#isEnding) this.#endAfter(outgoing);
    });
  }

  /**
   * Ends every connection as soon as nothing is under way on it. Where nothing is, a request may have been sent that has
   * not arrived, and whoever sent it could not tell whether it was done: so these are kept for a moment more.
   */
  end(): void {
    this.#isEnding = true;
    for (const answers of this.#answers.values()) for (const outgoing of answers) this.#endAfter(outgoing);
    setTimeout(() => {
      for (const [socket, answers] of this.#answers) if (answers.size === 0) socket.destroy();
    }, onTheWayMilliseconds).unref();
  }

  /** Cuts every connection, whatever is under way. */
  cut(): void {
    for (const socket of this.#all) socket.destroy();
  }

  #endAfter(outgoing: ServerResponse): void {
    const { socket } = outgoing.req;
    // Others may have been asked for on the same connection, in one go.
    const isLast = this.#answersOn(socket) === 1;
    if (isLast && !outgoing.headersSent) outgoing.setHeader('connection', 'close');
    outgoing.once('close', () => {
      if (this.#answersOn(socket) === 0) socket.destroySoon();
    });
  }

  #answersOn(socket: Socket): number {
    return this.#answers.get(socket)?.size ?? 0;
  }
}

function keepWhileOpen<Item extends Socket | ServerResponse>(items: Set<Item>, item: Item): void {
  items.add(item);
  item.once('close', () => items.delete(item));
}
