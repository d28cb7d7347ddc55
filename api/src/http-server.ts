import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { resourceMetadataPath } from './access/www-authenticate.ts';
import type { ClientAddressOf, PeerNetworksOf } from './http/client-address.ts';
import { type ConnectionLimits, connectionLimits, maximumHeaders } from './http/connection-limits.ts';
import { ConnectionShares } from './http/connection-shares.ts';
import { admitOrigin, preflightHeaders } from './http/cors.ts';
import { type Failure, failureOf, writeFailure } from './http/failure.ts';
import { createGraphQLEndpoint, type GraphQLEndpointOptions } from './http/graphql-endpoint.ts';
import type { HostCheck } from './http/host-check.ts';
import { notFoundPage } from './http/not-found-page.ts';
import { type ProtectedResource, resourceMetadata, unregistered } from './http/resource-metadata.ts';
import { contentSecurityPolicyFor, setSecurityHeaders } from './http/security-headers.ts';
import { transportSecurityFor } from './http/transport-security.ts';
import { createWebApp, isDevelopmentServer, isForPerson } from './http/web-app.ts';
import type { Logger } from './logger.ts';
import type { Server } from './server.ts';
import type { ServerCertificate } from './tls/server-certificate.ts';
import { version } from './version.ts';

export interface HttpServerContext extends GraphQLEndpointOptions {
  readonly url: string;
  readonly originOf: HostCheck;
  readonly clientAddressOf: ClientAddressOf;
  /** What the instance is to its cloud; undefined before it is registered. */
  readonly protectedResource: () => ProtectedResource | undefined;
  readonly webApp: string;
  readonly logger: Logger;
}

const tooManyHeaders: Failure = {
  status: 431,
  code: 'too_many_headers',
  message: `The request has more than ${maximumHeaders} headers.`,
  headers: { Connection: 'close' },
};

/**
 * Everything the instance answers, as a listener for a `node:http` server. In this order: security headers, `Host`,
 * `Origin`, then routes. Errors become HTTP in one place, `failureOf`.
 *
 * @throws {StartupError} `web_app_not_built`
 */
export function createRequestListener(context: HttpServerContext): RequestListener {
  const { url, originOf, clientAddressOf, webApp, logger } = context;
  const policy = contentSecurityPolicyFor(isDevelopmentServer(webApp) ? webApp : undefined);
  const answer = createAnswer(context);

  return (incoming, outgoing) => {
    if (logger.isLevelEnabled('debug')) logRequest(incoming, outgoing, clientAddressOf(incoming), logger);
    setSecurityHeaders(outgoing, policy);
    if (incoming.rawHeaders.length > 2 * maximumHeaders) {
      writeFailure(outgoing, tooManyHeaders);
      return;
    }
    const ownOrigin = originOf(incoming);
    if (ownOrigin === undefined) {
      refuseHost(outgoing, url);
      return;
    }
    const transportSecurity = transportSecurityFor(ownOrigin);
    if (transportSecurity !== undefined) outgoing.setHeader('Strict-Transport-Security', transportSecurity);
    const path = pathOf(incoming);
    answer(incoming, outgoing, { ownOrigin, path }).catch((error: unknown) => {
      writeFailure(
        outgoing,
        failureOf(error, { origin: ownOrigin, path, isAborted: outgoing.destroyed }, logger),
      );
    });
  };
}

/**
 * Creates a server that answers nothing before its listener is set.
 *
 * @param certificate for TLS; without one the server speaks plain HTTP
 */
export function createHttpServer(
  listener: RequestListener,
  peerNetworksOf: PeerNetworksOf,
  certificate?: ServerCertificate,
  limits: ConnectionLimits = connectionLimits,
): Server {
  const server = certificate?.createServer(limits) ?? createServer(limits);
  server.timeout = limits.silenceTimeout;
  // Beyond its limit Node.js drops headers without a word: all are kept here, and too many are refused.
  server.maxHeadersCount = 0;
  new ConnectionShares(limits, peerNetworksOf).govern(server);
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // Of a connection that was cut, what had been read already still comes.
    if (!incoming.socket.destroyed) listener(incoming, outgoing);
  });
  // What expects something unknown, Node.js would refuse by itself: whatever its `Host`, and however many on a connection.
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing));
  return server;
}

type Answer<Target> = (incoming: IncomingMessage, outgoing: ServerResponse, target: Target) => Promise<void>;

interface Target {
  /** By which the client addressed the instance. */
  readonly ownOrigin: string;
  /** Without the query. */
  readonly path: string;
}

/** What pages of allowed origins may use too; all else is for the instance's own. */
interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly answer: Answer<string>;
  /** For a GET that executes nothing, where that is not the method. */
  readonly answerRead?: Answer<string>;
}

function createAnswer(context: HttpServerContext): Answer<Target> {
  const { origins, webApp, protectedResource } = context;
  const answerWebApp = createWebApp(webApp);
  const endpoints: Readonly<Record<string, Endpoint>> = {
    '/healthz': {
      method: 'GET',
      answer: async (_incoming, outgoing) => writeJson(outgoing, 200, { status: 'ok', version }),
    },
    [resourceMetadataPath]: {
      method: 'GET',
      answer: async (_incoming, outgoing) => {
        const resource = protectedResource();
        if (resource) writeJson(outgoing, 200, resourceMetadata(resource));
        else writeFailure(outgoing, unregistered);
      },
    },
    '/graphql': { method: 'POST', answer: createGraphQLEndpoint(context), answerRead: leadToPlayground },
  };

  return async (incoming, outgoing, { ownOrigin, path }) => {
    const method = incoming.method === 'HEAD' ? 'GET' : incoming.method;
    const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined;
    if (!endpoint) {
      if (method !== 'GET' || !(await answerWebApp(incoming, outgoing, path))) notFound(incoming, outgoing);
      return;
    }
    // By whether it is there at all, launchers tell an instance that refuses their page from one that is off.
    if (path === '/healthz') outgoing.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    const admitted = admitOrigin(incoming, outgoing, ownOrigin, origins);
    if (admitted === 'refused') return;
    if (method === endpoint.method) await endpoint.answer(incoming, outgoing, ownOrigin);
    else if (method === 'OPTIONS' && admitted === 'foreign')
      outgoing.writeHead(204, preflightHeaders(endpoint.method)).end();
    else if (method === 'GET' && endpoint.answerRead)
      await endpoint.answerRead(incoming, outgoing, ownOrigin);
    else refuseMethod(outgoing, endpoint.method);
  };
}

/** A person who opens the endpoint in a browser means the playground. */
async function leadToPlayground(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (isForPerson(incoming)) outgoing.writeHead(302, { Location: '/playground' }).end();
  else refuseMethod(outgoing, 'POST');
}

function refuseMethod(outgoing: ServerResponse, allowed: 'GET' | 'POST'): void {
  writeFailure(outgoing, {
    status: 405,
    code: 'method_not_allowed',
    message: `Use ${allowed} here.`,
    headers: { Allow: allowed },
  });
}

function notFound(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (isForPerson(incoming))
    outgoing.writeHead(404, { 'Content-Type': 'text/html; charset=UTF-8' }).end(notFoundPage);
  else
    writeJson(outgoing, 404, {
      error: 'not_found',
      error_description: 'There is nothing at this address.',
    });
}

function writeJson(outgoing: ServerResponse, status: number, body: unknown): void {
  outgoing.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function refuseHost(outgoing: ServerResponse, url: string): void {
  outgoing.setHeader('Connection', 'close');
  writeJson(outgoing, 403, {
    error: 'host_refused',
    error_description: `This instance does not answer under that name. Open ${url}.`,
  });
}

/** Without the query, where a careless client may put a secret. */
function pathOf({ url }: IncomingMessage): string {
  return url?.split('?')[0] ?? '';
}

function logRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  client: string,
  logger: Logger,
): void {
  const startedAt = performance.now();
  outgoing.once('close', () => {
    logger.debug(
      {
        method: incoming.method,
        path: pathOf(incoming),
        client,
        status: outgoing.statusCode,
        milliseconds: Math.round(performance.now() - startedAt),
      },
      'answered',
    );
  });
}
