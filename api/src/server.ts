import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';

export type Server = HttpServer | HttpsServer;

/** By a method of it: to load `node:tls` for its class takes 4 ms, at every start. */
export function isTlsServer(server: Server): server is HttpsServer {
  return 'setSecureContext' in server;
}
