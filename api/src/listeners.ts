import { once } from 'node:events';
import net, { type AddressInfo, isIPv4 } from 'node:net';
import type { ListenAddress } from './config.ts';
import { StartupError, systemErrorCode } from './errors.ts';
import { OpenConnections } from './open-connections.ts';
import type { Server } from './server.ts';
import { stopListening } from './stop-listening.ts';

/** Open sockets of one HTTP service. */
export interface Listeners extends AsyncDisposable {
  readonly port: number;
}

/** When an instance stops: after how long what waits for others is to give up, and after how long all is cut. */
export const patienceMilliseconds = 2_000;
const graceMilliseconds = 2_500;

interface Listener {
  readonly server: Server;
  readonly connections: OpenConnections;
}

/**
 * Listens on the address; on both loopback addresses for `localhost`, because browsers differ in which one they try
 * first. A machine without IPv6 is left with one.
 *
 * @throws {StartupError} `address_in_use` or `address_unavailable`
 */
export async function listen(createServer: () => Server, address: ListenAddress): Promise<Listeners> {
  if (address.host !== 'localhost') return listenersOf([await bind(createServer(), address)]);

  const first = await bind(createServer(), { host: '127.0.0.1', port: address.port });
  try {
    const second = await bind(createServer(), { host: '::1', port: portOf(first) });
    return listenersOf([first, second]);
  } catch (error) {
    // With port 0 the system chose one that is free on IPv4 only: IPv4 alone serves.
    const isTaken = error instanceof StartupError && error.code === 'address_in_use';
    if (!isTaken || address.port === 0) return listenersOf([first]);
    await close(first);
    throw error;
  }
}

async function bind(server: Server, address: ListenAddress): Promise<Listener> {
  const { host, port } = address;
  const connections = new OpenConnections(server);
  try {
    beginToListen(server, address);
    await once(server, 'listening');
    return { server, connections };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EADDRINUSE') {
      throw new StartupError(
        'address_in_use',
        `Port ${port} on ${host} is already in use. Stop the other program or choose another with --listen HOST:PORT.`,
        { cause: error },
      );
    }
    throw new StartupError(
      'address_unavailable',
      `The instance cannot listen on ${host}:${port} (${code ?? String(error)}). Choose another address with --listen HOST:PORT.`,
      { cause: error },
    );
  }
}

/**
 * Given a host, Node.js looks it up, be it an address, and then compiles its expression for addresses of IPv6: 5 ms of a
 * start. A socket that is bound already (Node 26.4) takes neither.
 */
function beginToListen(server: Server, { host, port }: ListenAddress): void {
  const BoundSocket: typeof net.BoundSocket | undefined = net.BoundSocket;
  if (BoundSocket && isIPv4(host)) server.listen(new BoundSocket({ host, port }));
  else server.listen({ host, port, ipv6Only: host === '::1' });
}

function listenersOf(listeners: [Listener, ...Listener[]]): Listeners {
  return {
    port: portOf(listeners[0]),
    async [Symbol.asyncDispose]() {
      await Promise.all(listeners.map(close));
    },
  };
}

function portOf({ server }: Listener): number {
  return (server.address() as AddressInfo).port;
}

/** Requests that have begun get a moment to be answered; idle and stubborn connections are cut. */
async function close({ server, connections }: Listener): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  await stopListening(server, { onStopped: () => connections.end(), onClosed: resolve });
  const timer = setTimeout(() => connections.cut(), graceMilliseconds);
  await closed;
  clearTimeout(timer);
  // Ends the rest of an HTTP server, which watches over time-outs.
  server.close();
}
