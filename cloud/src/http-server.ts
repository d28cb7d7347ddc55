import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { BlockList, Socket } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { type AccountApiContext, accountApi } from './accounts/account-api.ts';
import { type Accounts, accountEndpoints } from './accounts/accounts.ts';
import { clientAddressHeader } from './accounts/client-address-header.ts';
import type { Invites } from './accounts/invites.ts';
import { linksApi } from './accounts/mail/links-api.ts';
import type { SignUpPolicy } from './accounts/sign-up-policy.ts';
import type { DeviceApproval } from './device-approval/device-approval.ts';
import { deviceApprovalApi } from './device-approval/device-approval-api.ts';
import type { KnownOrigins } from './device-approval/known-origins.ts';
import { describeError, HttpError } from './errors.ts';
import { limitBody } from './http/body-limit.ts';
import { clientAddress, noteClientAddress } from './http/client-address.ts';
import type { FailedAuthentications } from './http/failed-authentications.ts';
import { assertFromNoPage, assertNotBlind } from './http/foreign-pages.ts';
import { isMeantFor, replaceForwardingHeaders } from './http/host-check.ts';
import { NetworkLimit } from './http/network-limit.ts';
import { notFoundPage } from './http/not-found-page.ts';
import { oneAtATime } from './http/one-at-a-time.ts';
import { assertFromOwnPage } from './http/own-page.ts';
import { PageLimits } from './http/page-limits.ts';
import { rememberRequester } from './http/requester.ts';
import { contentSecurityPolicyFor, setSecurityHeaders } from './http/security-headers.ts';
import { countAttempt } from './http/too-many-attempts.ts';
import { transportSecurityFor } from './http/transport-security.ts';
import type { UnfinishedRequests } from './http/unfinished-requests.ts';
import { isDevelopmentServer, webAppRoutes } from './http/web-app.ts';
import { instanceApi } from './instances/instance-api.ts';
import type { Instances } from './instances/instances.ts';
import type { Logger } from './logger.ts';
import { type AuthorizationServer, oauthRoutes } from './provider/provider.ts';
import { attemptAll, RateLimit, takeBackAll } from './rate-limit.ts';
import type { SecurityEvents } from './security-events/security-events.ts';
import { version } from './version.ts';

export interface HttpServerContext extends AccountApiContext {
  readonly webApp: string;
  readonly trustedProxies: BlockList;
  readonly unfinishedRequests: UnfinishedRequests;
  /** Whether links go out by mail, not to the log. */
  readonly sendsMail: boolean;
  readonly signUp: SignUpPolicy;
  readonly invites: Invites;
  readonly logger: Logger;
  readonly failedAuthentications: FailedAuthentications;
  readonly authorizationServer: AuthorizationServer;
  readonly deviceApproval: DeviceApproval;
  readonly knownOrigins: KnownOrigins;
  readonly instances: Instances;
  readonly events: SecurityEvents;
}

type Environment = { Bindings: HttpBindings };
type Handler = (c: Context<Environment>) => Promise<Response>;

const maximumBodyBytes = 16 * 1024;
const minute = 60_000;

/**
 * Everything the cloud answers, as a listener for a `node:http` server. In this order: security headers, `Host`, then
 * routes. Errors become HTTP in one place, `errorResponse`.
 */
export function createRequestListener(context: HttpServerContext): RequestListener {
  const { issuer, logger } = context;
  const policy = contentSecurityPolicyFor(isDevelopmentServer(context.webApp));
  const transportSecurity = transportSecurityFor(issuer);
  const app = routes(context);
  // With its own `Request` and `Response` for all of the process: those of Node.js pass every body through a stream.
  const listener = getRequestListener(async (request, env) => {
    const response = await app.fetch(request, env);
    // Of an answer that oidc-provider has sent, Hono makes another one for HEAD.
    return (env as HttpBindings).outgoing.headersSent ? RESPONSE_ALREADY_SENT : response;
  });

  return (incoming, outgoing) => {
    logRequest(incoming, outgoing, logger);
    setSecurityHeaders(outgoing, policy, incoming.url?.split('?')[0] ?? '');
    if (transportSecurity !== undefined) outgoing.setHeader('Strict-Transport-Security', transportSecurity);
    if (!isMeantFor(issuer, incoming)) {
      refuseHost(outgoing, issuer);
      return;
    }
    noteClientAddress(incoming, context.trustedProxies);
    context.unfinishedRequests.noteRequest(incoming, outgoing);
    replaceForwardingHeaders(issuer, incoming);
    void listener(incoming, outgoing);
  };
}

/** In milliseconds. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than the minute for which proxies keep theirs: they must not meet one that closes just then.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
};

/** Without a byte in either direction, in milliseconds; longer than instances wait for events. */
const silenceTimeout = 120_000;

/** Of each server: 10,000 for instances that wait for events, and as many as that takes for everybody else. */
const maximumConnections = 15_000;

/** Creates a server that answers nothing before its listener is set. */
export function createHttpServer(listener: RequestListener, unfinishedRequests: UnfinishedRequests): Server {
  const server = createServer(
    timeouts,
    oneAtATime((incoming, outgoing) => {
      // Node does so only for a request that comes after the answer before it, which had a time-out of its own.
      incoming.socket.setTimeout(silenceTimeout);
      listener(incoming, outgoing);
    }),
  );
  server.maxConnections = maximumConnections;
  server.setTimeout(silenceTimeout);
  server.on('connection', (socket: Socket) => unfinishedRequests.noteConnection(socket));
  // What expects something unknown, Node.js would refuse by itself: whatever its `Host`, and however many on a connection.
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing));
  return server;
}

function routes(context: HttpServerContext): Hono<Environment> {
  const { issuer, logger, accounts, authorizationServer, instances, webApp } = context;
  const app = new Hono<Environment>();
  app.onError((error, c) => errorResponse(error, c, logger));
  app.notFound((c) => notFound(c));

  app.use('/api/*', async (c, next) => {
    c.env.outgoing.setHeader('Cache-Control', 'no-store');
    await next();
  });
  app.use('/api/*', rememberRequester);
  app.use('/api/*', limitBody(maximumBodyBytes));

  app.get('/healthz', (c) => c.json({ status: 'ok', version }));
  addOAuthRoutes(app, context);
  addAccountRoutes(app, issuer, accounts);
  app.route('/api/links', linksApi(context));
  app.get('/api/entry', async (c) => {
    const { sendsMail, signUp } = context;
    // Whoever is not let in learns nothing by it, and to be the first gives nobody a right that others have not.
    const isFirst = signUp === 'open' && (await accounts.isEmpty());
    return c.json({ sends_mail: sendsMail, sign_up: signUp, first_account: isFirst });
  });
  app.route('/api/account', accountApi(context));
  app.route('/api/device', deviceApprovalApi({ ...context, accountOf: accounts.accountOf }));
  app.route(
    '/api/instance',
    instanceApi({ ...context, clientIdOfInstanceToken: authorizationServer.clientIdOfInstanceToken }),
  );
  // A workspace that was filled by registration keys makes a long answer.
  const instanceLists = new RateLimit({ limit: 120, windowMilliseconds: minute });
  app.get('/api/instances', async (c) => {
    const account = await accounts.accountOf(c.req.raw.headers);
    if (!account) throw new HttpError(401, 'login_required', 'Sign in first.');
    countAttempt({ limit: instanceLists, key: account.id });
    const owned = await instances.ownedBy(account.id);
    return c.json({
      instances: owned.map(({ claimed_at, origins, ...instance }) => ({
        ...instance,
        origins: origins.map(({ origin, usedAt }) => ({ origin, used_at: new Date(usedAt).toISOString() })),
        claimed_at: claimed_at === null ? null : new Date(claimed_at).toISOString(),
      })),
    });
  });
  app.all('/api/*', (c) => notFound(c));

  app.route('/', webAppRoutes(webApp));
  return app;
}

function addOAuthRoutes(
  app: Hono<Environment>,
  { authorizationServer: { handle }, knownOrigins }: HttpServerContext,
): void {
  const isKnownOrigin = (origin: string) => knownOrigins.has(origin);
  const aMinute = (limit: number) => new PageLimits({ limit, isKnownOrigin });
  const answer: Handler = async ({ env }) => {
    await handle(env.incoming, env.outgoing);
    return RESPONSE_ALREADY_SENT;
  };
  // RFC 7591 section 5: registration is open, so one address must not fill the database. Managing counts along: deregistering
  // searches the records of everybody.
  const limitedRegistration: Handler = async (c) => {
    assertFromNoPage(c);
    return registration(c);
  };
  const registration = limited(aMinute(60), 'too many registrations and changes to them', answer);
  // Of what begins no sign-in a web page could send a lot, and shut its visitor out.
  const signIns = limited(aMinute(120), 'too many sign-ins', answer, { countsFailures: false });

  const publicRoutes: [string, 'GET' | 'POST', Handler][] = [
    [oauthRoutes.metadata, 'GET', answer],
    [oauthRoutes.jwks, 'GET', answer],
    [
      oauthRoutes.deviceAuthorization,
      'POST',
      limited(aMinute(3_000), 'too many requests for sign-ins', signIns),
    ],
    // A whole company may share an address: this serves a hundred pages that wait for their approval.
    [oauthRoutes.token, 'POST', limited(aMinute(3_000), 'too many requests for tokens', answer)],
    [oauthRoutes.revocation, 'POST', answer],
  ];
  for (const [path, method, handler] of publicRoutes) {
    app.use(path, async (c, next) => {
      allowAnyOrigin(c.env.outgoing);
      if (c.req.method === 'POST') assertNotBlind(c);
      await next();
    });
    app.options(path, (c) =>
      c.body(null, 204, {
        'Access-Control-Allow-Methods': method,
        'Access-Control-Allow-Headers': 'Content-Type, DPoP',
        'Access-Control-Max-Age': '3600',
      }),
    );
    app.on(method, path, handler);
    app.all(path, (c) => methodNotAllowed(c, method));
  }
  app.post(oauthRoutes.introspection, answer);
  app.post(oauthRoutes.registration, limitedRegistration);
  app.get(oauthRoutes.registeredClient, answer);
  app.put(oauthRoutes.registeredClient, limitedRegistration);
  app.delete(oauthRoutes.registeredClient, limitedRegistration);
  app.all(oauthRoutes.introspection, (c) => methodNotAllowed(c, 'POST'));
  app.all(oauthRoutes.registration, (c) => methodNotAllowed(c, 'POST'));
  app.all(oauthRoutes.registeredClient, (c) => methodNotAllowed(c, 'GET', 'PUT', 'DELETE'));
}

/**
 * Instances live on any origin, and their web app talks to these endpoints from there. No credentials of the browser
 * are involved, so there is nothing that an origin could abuse.
 */
function allowAnyOrigin(outgoing: ServerResponse): void {
  outgoing.setHeader('Access-Control-Allow-Origin', '*');
  outgoing.setHeader('Access-Control-Expose-Headers', 'WWW-Authenticate, DPoP-Nonce, Date, Retry-After');
}

function addAccountRoutes(app: Hono<Environment>, issuer: string, accounts: Accounts): void {
  const limits: Readonly<Record<string, NetworkLimit>> = {
    '/api/auth/sign-in/email': new NetworkLimit({ limit: 20, windowMilliseconds: minute }),
    '/api/auth/sign-in/second-factor': new NetworkLimit({ limit: 20, windowMilliseconds: minute }),
    '/api/auth/sign-in/passkey': new NetworkLimit({ limit: 20, windowMilliseconds: minute }),
    '/api/auth/sign-in/passkey/options': new NetworkLimit({ limit: 60, windowMilliseconds: minute }),
    '/api/auth/sign-up/email': new NetworkLimit({ limit: 60, windowMilliseconds: minute }),
  };
  for (const [method, path] of accountEndpoints) {
    app.on(method, path, async (c) => {
      const { incoming } = c.env;
      if (method === 'POST') assertFromOwnPage(c, issuer);
      const secondsToWait = limits[path]?.attempt(clientAddress(incoming)) ?? 0;
      if (secondsToWait > 0) {
        // In the form of better-auth, whose clients expect it on these paths.
        return c.json(
          { code: 'TOO_MANY_REQUESTS', message: `Too many attempts. Try again in ${secondsToWait} seconds.` },
          429,
          { 'Retry-After': String(secondsToWait) },
        );
      }
      const headers = new Headers(c.req.raw.headers);
      headers.set(clientAddressHeader, clientAddress(incoming));
      const body = method === 'POST' ? await c.req.text() : null;
      return accounts.handle(new Request(new URL(path, issuer), { method, headers, body }));
    });
  }
}

/** Refuses what comes too often from an address with 429, before anything is looked up. */
function limited(limits: PageLimits, what: string, answer: Handler, { countsFailures = true } = {}): Handler {
  return async (c) => {
    const { keys, isUnknownPage } = limits.keysOf(c.env.incoming);
    const secondsToWait = attemptAll(keys);
    if (secondsToWait === 0) {
      const response = await answer(c);
      if (!countsFailures && c.env.outgoing.statusCode >= 400) takeBackAll(keys);
      return response;
    }
    const message = isUnknownPage
      ? `Web pages in a browser at your address have sent ${what}. Close those that you do not know, and try again in ${secondsToWait} seconds.`
      : `From your address came ${what}. Try again in ${secondsToWait} seconds.`;
    throw new HttpError(429, 'temporarily_unavailable', message, { 'Retry-After': String(secondsToWait) });
  };
}

/** The one place where errors become HTTP. What was not meant for the client stays in the log. */
function errorResponse(error: Error, c: Context, logger: Logger): Response {
  if (error instanceof HttpError) {
    return c.json({ error: error.code, error_description: error.message }, error.status, error.headers);
  }
  // Whoever hangs up in the middle of a request is no failure of ours.
  const level = c.req.raw.signal.aborted ? 'debug' : 'error';
  logger[level]({ path: c.req.path, err: describeError(error) }, 'a request failed');
  return c.json(
    {
      error: 'server_error',
      error_description: 'The cloud could not answer. Try again; if it stays so, look into its log.',
    },
    500,
  );
}

function notFound(c: Context): Response {
  const wantsPage = !c.req.path.startsWith('/api/') && (c.req.header('accept') ?? '').includes('text/html');
  return wantsPage
    ? c.html(notFoundPage, 404)
    : c.json({ error: 'not_found', error_description: 'There is nothing at this address.' }, 404);
}

function methodNotAllowed(c: Context, ...allowed: string[]): Response {
  return c.json({ error: 'invalid_request', error_description: `Use ${allowed.join(' or ')} here.` }, 405, {
    Allow: allowed.join(', '),
  });
}

function refuseHost(outgoing: ServerResponse, issuer: string): void {
  outgoing.writeHead(403, { 'Content-Type': 'application/json', Connection: 'close' });
  outgoing.end(
    JSON.stringify({
      error: 'invalid_request',
      error_description: `This cloud answers only at ${issuer}. Open that address.`,
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
