import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { resourceMetadataPath } from './access/www-authenticate.ts';
import type { ClientAddressOf } from './http/client-address.ts';
import { type ConnectionLimits, connectionLimits, maximumHeaders } from './http/connection-limits.ts';
import {
  corsHeaders,
  isAllowedOrigin,
  type OriginPolicy,
  originRefusal,
  preflightHeaders,
} from './http/cors.ts';
import { type Failure, failureBody, failureOf, writeFailure } from './http/failure.ts';
import { createGraphQLEndpoint, type GraphQLEndpointOptions } from './http/graphql-endpoint.ts';
import type { HostCheck } from './http/host-check.ts';
import { notFoundPage } from './http/not-found-page.ts';
import { type ProtectedResource, resourceMetadata, unregistered } from './http/resource-metadata.ts';
import { contentSecurityPolicyFor, setSecurityHeaders } from './http/security-headers.ts';
import { transportSecurityFor } from './http/transport-security.ts';
import { isDevelopmentServer, webAppRoutes } from './http/web-app.ts';
import type { Server } from './listeners.ts';
import type { Logger } from './logger.ts';
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

type Environment = { Bindings: HttpBindings };

/**
 * Everything the instance answers, as a listener for a `node:http` server. In this order: security headers, `Host`,
 * `Origin`, then routes. Errors become HTTP in one place, `failureOf`.
 *
 * @throws {StartupError} `web_app_not_built`
 */
export function createRequestListener(context: HttpServerContext): RequestListener {
  const { url, originOf, clientAddressOf, webApp, logger } = context;
  const policy = contentSecurityPolicyFor(isDevelopmentServer(webApp) ? webApp : undefined);
  const listener = getRequestListener(routes(context).fetch, { overrideGlobalObjects: false });
  const graphqlEndpoint = createGraphQLEndpoint(context);

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
    // By whether it is there at all, launchers tell an instance that refuses their page from one that is off.
    if (path === '/healthz') outgoing.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    if (path !== '/graphql' || incoming.method !== 'POST') {
      void listener(incoming, outgoing);
      return;
    }
    graphqlEndpoint(incoming, outgoing, ownOrigin).catch((error: unknown) => {
      const request = { origin: ownOrigin, path, isAborted: incoming.destroyed };
      writeFailure(outgoing, failureOf(error, request, logger));
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
  certificate?: ServerCertificate,
  limits: ConnectionLimits = connectionLimits,
): Server {
  const server = certificate ? createTlsServer(limits, listener) : createServer(limits, listener);
  server.timeout = limits.silenceTimeout;
  server.maxConnections = limits.maxConnections;
  // Beyond its limit Node.js drops headers without a word: all are kept here, and too many are refused.
  server.maxHeadersCount = 0;
  if (certificate && server instanceof TlsServer) certificate.serve(server);
  return server;
}

function routes(context: HttpServerContext): Hono<Environment> {
  const { url, webApp, logger, origins, originOf, protectedResource } = context;
  const app = new Hono<Environment>();
  app.onError((error, c) => {
    const origin = originOf(c.env.incoming) ?? url;
    return fail(
      c,
      failureOf(error, { origin, path: c.req.path, isAborted: c.req.raw.signal.aborted }, logger),
    );
  });
  app.notFound((c) => notFound(c));

  app.use('/healthz', crossOrigin(origins, originOf, 'GET'));
  app.get('/healthz', (c) => c.json({ status: 'ok', version }));
  app.all('/healthz', (c) => methodNotAllowed(c, 'GET'));
  app.use(resourceMetadataPath, crossOrigin(origins, originOf, 'GET'));
  app.get(resourceMetadataPath, (c) => {
    const resource = protectedResource();
    return resource ? c.json(resourceMetadata(resource)) : fail(c, unregistered);
  });
  app.all(resourceMetadataPath, (c) => methodNotAllowed(c, 'GET'));
  app.use('/graphql', crossOrigin(origins, originOf, 'POST'));
  // A person who opens the endpoint in a browser means the playground. A GET executes nothing.
  app.get('/graphql', (c) =>
    c.req.header('accept')?.includes('text/html')
      ? c.redirect('/playground', 302)
      : methodNotAllowed(c, 'POST'),
  );
  app.all('/graphql', (c) => methodNotAllowed(c, 'POST'));
  app.route('/', webAppRoutes(webApp));
  return app;
}

/** Lets pages of allowed origins in, and refuses those of others before anything is done for them. */
function crossOrigin(
  policy: OriginPolicy,
  originOf: HostCheck,
  method: 'GET' | 'POST',
): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const origin = c.req.header('origin');
    const isForeign = origin !== undefined && origin !== originOf(c.env.incoming);
    if (isForeign && !isAllowedOrigin(origin, policy)) {
      c.header('Vary', 'Origin');
      return fail(c, originRefusal);
    }
    const isPreflight = isForeign && c.req.method === 'OPTIONS';
    if (isPreflight) c.res = c.body(null, 204, preflightHeaders(method));
    else await next();
    // Afterwards, because Yoga's responses do not take over what was set before.
    c.header('Vary', 'Origin', { append: true });
    if (isForeign) for (const [name, value] of Object.entries(corsHeaders(origin))) c.header(name, value);
    return undefined;
  };
}

function fail(c: Context, failure: Failure): Response {
  return c.json(failureBody(failure), failure.status, failure.headers);
}

function methodNotAllowed(c: Context, allowed: 'GET' | 'POST'): Response {
  return fail(c, {
    status: 405,
    code: 'method_not_allowed',
    message: `Use ${allowed} here.`,
    headers: { Allow: allowed },
  });
}

function notFound(c: Context): Response {
  return c.req.header('accept')?.includes('text/html')
    ? c.html(notFoundPage, 404)
    : c.json({ error: 'not_found', error_description: 'There is nothing at this address.' }, 404);
}

function refuseHost(outgoing: ServerResponse, url: string): void {
  outgoing.writeHead(403, { 'Content-Type': 'application/json', Connection: 'close' });
  outgoing.end(
    JSON.stringify({
      error: 'host_refused',
      error_description: `This instance does not answer under that name. Open ${url}.`,
    }),
  );
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
