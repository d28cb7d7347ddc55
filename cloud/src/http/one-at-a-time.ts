import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Lets a listener have one request of a connection at a time, whatever the connection sends: answers to requests that
 * were sent in one go would all be made and kept until the reader takes the first.
 *
 * One request may wait, because a client that has read as much as `Content-Length` announced sends its next one before
 * Node has ended the answer. A connection that sends more is closed: no browser, proxy or instance does.
 */
export function oneAtATime(listener: RequestListener): RequestListener {
  /** By connection: what to do when the request that is under way ends; undefined if none waits for it. */
  const underWay = new WeakMap<Socket, (() => void) | undefined>();

  const begin: RequestListener = (incoming, outgoing) => {
    const { socket } = incoming;
    underWay.set(socket, undefined);
    outgoing.once('close', () => {
      const next = underWay.get(socket);
      underWay.delete(socket);
      if (!socket.destroyed) next?.();
    });
    listener(incoming, outgoing);
  };

  return (incoming, outgoing) => {
    const { socket } = incoming;
    // Node still parses the rest of what a closed connection has sent in one piece.
    if (socket.destroyed) return;
    if (!underWay.has(socket)) begin(incoming, outgoing);
    else if (underWay.get(socket)) socket.destroy();
    else underWay.set(socket, () => begin(incoming, outgoing));
  };
}
