import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long requests may have been on their way when a server stops, in milliseconds. */
const onTheWayMilliseconds = 100;

/**
 * The connections of a server and the answers that are under way on them. Node's own `Server.close()` would cut
 * connections whose answer has been handed over, but has not reached its reader.
 */
export class OpenConnections {
  /** By connection: the end asks each of them, and thousands of instances may wait for events. */
  readonly #answers = new Map<Socket, Set<ServerResponse>>();
  #isEnding = false;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#answers.set(socket, new Set());
      socket.once('close', () => this.#answers.delete(socket));
    });
    // Before whoever answers, so that the last answer of a connection says that it is.
    server.prependListener('request', ({ socket }, outgoing) => {
      const answers = this.#answers.get(socket);
      answers?.add(outgoing);
      outgoing.once('close', () => answers?.delete(outgoing));
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
    for (const socket of this.#answers.keys()) socket.destroy();
  }

  #endAfter(outgoing: ServerResponse): void {
    const { socket } = outgoing.req;
    const answersUnderWay = () => this.#answers.get(socket)?.size ?? 0;
    // Others may have been asked for on the same connection, in one go.
    if (answersUnderWay() === 1 && !outgoing.headersSent) outgoing.setHeader('connection', 'close');
    outgoing.once('close', () => {
      if (answersUnderWay() === 0) socket.destroySoon();
    });
  }
}
