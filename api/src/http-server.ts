import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { type AuthenticationOptions, authenticate } from './access/authentication.ts';
import { AccessError } from './access/errors.ts';
import { dpopChallenge } from './access/www-authenticate.ts';
import { describeError } from './errors.ts';
import type { GraphQLHandler } from './graphql-server.ts';
import { limitBody } from './http/body-limit.ts';
import { corsHeaders, isAllowedOrigin, type OriginPolicy, preflightHeaders } from './http/cors.ts';
import type { HostCheck } from './http/host-check.ts';
import { notFoundPage } from './http/not-found-page.ts';
import { contentSecurityPolicyFor, setSecurityHeaders } from './http/security-headers.ts';
import { isDevelopmentServer, webAppRoutes } from './http/web-app.ts';
import type { Logger } from './logger.ts';
import { version } from './version.ts';

export interface HttpServerContext {
  readonly url: string;
  readonly isMeantForUs: HostCheck;
  readonly origins: OriginPolicy;
  readonly webApp: string;
  readonly logger: Logger;
  readonly authentication: AuthenticationOptions;
  readonly graphql: GraphQLHandler;
}

type Environment = { Bindings: HttpBindings };

const maximumBodyBytes = 131_072;

/**
 * Everything the instance answers, as a listener for a `node:http` server. In this order: security headers, `Host`,
 * `Origin`, then routes. Errors become HTTP in one place, `errorResponse`.
 *
 * @throws {StartupError} `web_app_not_built`
 */
export function createRequestListener(context: HttpServerContext): RequestListener {
  const { url, isMeantForUs, webApp, logger } = context;
  const policy = contentSecurityPolicyFor(isDevelopmentServer(webApp) ? webApp : undefined);
  const listener = getRequestListener(routes(context).fetch, { overrideGlobalObjects: false });

  return (incoming, outgoing) => {
    logRequest(incoming, outgoing, logger);
    setSecurityHeaders(outgoing, policy);
    if (!isMeantForUs(incoming)) {
      refuseHost(outgoing, url);
      return;
    }
    void listener(incoming, outgoing);
  };
}

/** Creates a server that answers nothing before its listener is set. */
export function createHttpServer(listener: RequestListener): Server {
  return createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, listener);
}

function routes(context: HttpServerContext): Hono<Environment> {
  const { webApp, logger, origins } = context;
  const app = new Hono<Environment>();
  app.onError((error, c) => errorResponse(error, c, logger));
  app.notFound((c) => notFound(c));

  app.use('/healthz', crossOrigin(origins, 'GET'));
  app.get('/healthz', (c) => c.json({ status: 'ok', version }));
  app.all('/healthz', (c) => methodNotAllowed(c, 'GET'));
  app.use('/graphql', crossOrigin(origins, 'POST'));
  app.use('/graphql', async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  addGraphQLRoutes(app, context);
  app.route('/', webAppRoutes(webApp));
  return app;
}

function addGraphQLRoutes(app: Hono<Environment>, { authentication, graphql }: HttpServerContext): void {
  // A person who opens the endpoint in a browser means the playground. A GET executes nothing.
  app.get('/graphql', (c) =>
    c.req.header('accept')?.includes('text/html')
      ? c.redirect('/playground', 302)
      : methodNotAllowed(c, 'POST'),
  );
  app.post('/graphql', async (c, next) => {
    // Of the types that a page may send without a preflight, none is JSON.
    const mediaType = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
    if (mediaType === 'application/json') return next();
    return graphqlError(
      c,
      415,
      'unsupported_media_type',
      'Send the query as JSON, with Content-Type: application/json.',
    );
  });
  app.post(
    '/graphql',
    limitBody(maximumBodyBytes, (c) =>
      graphqlError(c, 413, 'too_large', `The request is larger than ${maximumBodyBytes} bytes.`),
    ),
    async (c) => {
      const { headers } = c.req.raw;
      const access = await authenticate(
        { method: 'POST', url: `${ownOrigin(c)}/graphql`, headers },
        authentication,
      );
      return graphql(c.req.raw, access);
    },
  );
  app.all('/graphql', (c) => methodNotAllowed(c, 'POST'));
}

/** Lets pages of allowed origins in, and refuses those of others before anything is done for them. */
function crossOrigin(policy: OriginPolicy, method: 'GET' | 'POST'): MiddlewareHandler<Environment> {
  return async (c, next) => {
    const origin = c.req.header('origin');
    const isForeign = origin !== undefined && origin !== ownOrigin(c);
    if (isForeign && !isAllowedOrigin(origin, policy)) {
      c.header('Vary', 'Origin');
      return graphqlError(
        c,
        403,
        'origin_refused',
        'Pages of this origin may not use the instance. To allow them, start it with --allow-origin and their origin.',
      );
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

/** The instance's origin as the client addressed it, by a `Host` that was found good. */
function ownOrigin(c: Context): string {
  return new URL(c.req.url).origin;
}

/** The one place where errors become HTTP. What was not meant for the client stays in the log. */
function errorResponse(error: Error, c: Context, logger: Logger): Response {
  if (error instanceof AccessError) {
    if (error.status === 401) c.header('WWW-Authenticate', dpopChallenge(error));
    return graphqlError(c, error.status, error.code, error.message);
  }
  // Whoever hangs up in the middle of a request is no failure of ours.
  const level = c.req.raw.signal.aborted ? 'debug' : 'error';
  logger[level]({ path: c.req.path, err: describeError(error) }, 'a request failed');
  return graphqlError(
    c,
    500,
    'internal_error',
    'The instance could not answer. Try again; if it stays so, look into its log.',
  );
}

/** An error before GraphQL, in the form that GraphQL clients read. */
function graphqlError(
  c: Context,
  status: 401 | 403 | 405 | 413 | 415 | 500 | 503,
  code: string,
  message: string,
): Response {
  return c.json({ errors: [{ message, extensions: { code } }] }, status);
}

function methodNotAllowed(c: Context, allowed: 'GET' | 'POST'): Response {
  c.header('Allow', allowed);
  return graphqlError(c, 405, 'method_not_allowed', `Use ${allowed} here.`);
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
function logRequest({ method, url }: IncomingMessage, outgoing: ServerResponse, logger: Logger): void {
  if (!logger.isLevelEnabled('debug')) return;
  const startedAt = performance.now();
  outgoing.once('close', () => {
    logger.debug(
      {
        method,
        path: url?.split('?')[0],
        status: outgoing.statusCode,
        milliseconds: Math.round(performance.now() - startedAt),
      },
      'answered',
    );
  });
}
