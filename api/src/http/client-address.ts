import type { IncomingMessage } from 'node:http';

/** The address of whoever sent a request: IPv4, or IPv6 without zone and brackets; empty once the line is dead. */
export type ClientAddressOf = (incoming: Pick<IncomingMessage, 'socket' | 'headers'>) => string;

/** The peer of the connection, whatever forwarding headers say. */
export const clientAddressOf: ClientAddressOf = ({ socket }) =>
  (socket.remoteAddress ?? '')
    .toLowerCase()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/, '');
