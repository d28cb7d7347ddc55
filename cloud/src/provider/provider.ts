import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type OidcProvider from 'oidc-provider';
import { Provider } from 'oidc-provider/lib/provider.js';
import { describeError } from '../errors.ts';
import { clientAddress } from '../http/client-address.ts';
import type { FailedAuthentications } from '../http/failed-authentications.ts';
import { representation } from '../instances/instance-representation.ts';
import { Instances } from '../instances/instances.ts';
import type { TokenLifetimes } from '../lifetimes.ts';
import type { Logger } from '../logger.ts';
import { accessTokenIntrospection } from './access-token-introspection.ts';
import { type ProviderContext, providerConfiguration } from './configuration.ts';
import { bindDeviceCodes } from './device-binding.ts';
import { judgePoll } from './device-polling.ts';
import { deriveFlowSecrets, type FlowSecrets } from './flow-secrets.ts';
import { matchesHash } from './identifier-hash.ts';
import { authorizationServerMetadata } from './metadata.ts';
import { deriveRefreshSuccessors } from './refresh-successor.ts';

/** Where instances show their credentials, apart from the token endpoint, whose requests are counted by http-server.ts. */
const authenticatingRefusals = [
  'registration_read.error',
  'registration_update.error',
  'registration_delete.error',
  'revocation.error',
  'introspection.error',
];

/** The paths that oidc-provider answers; all others of its routes stay out of reach. */
export const oauthRoutes = {
  metadata: '/.well-known/oauth-authorization-server',
  jwks: '/jwks',
  deviceAuthorization: '/device/auth',
  token: '/token',
  revocation: '/token/revocation',
  introspection: '/token/introspection',
  registration: '/reg',
  registeredClient: '/reg/:clientId',
} as const;

export interface AuthorizationServer {
  readonly provider: OidcProvider;
  /** Answers one request to one of `oauthRoutes`. */
  readonly handle: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;
  /** The client ID of the instance that a valid instance token belongs to. */
  readonly clientIdOfInstanceToken: (token: string) => Promise<string | undefined>;
}

/**
 * Creates the authorization server. It builds URLs from what the request says about itself, so the HTTP server must
 * have checked `Host` and set `X-Forwarded-Proto` to the issuer's scheme before a request gets here.
 */
export function createAuthorizationServer(
  issuer: string,
  context: ProviderContext,
  logger: Logger,
): AuthorizationServer {
  const provider = new Provider(issuer, providerConfiguration(context));
  provider.proxy = true;
  acceptHashedClientSecrets(provider);
  bindDeviceCodes(provider);
  deriveRefreshSuccessors(provider, context.keys.dpopNonceSecret);
  completeResponses(provider, issuer, context);
  logEvents(provider, context.failedAuthentications, logger);

  const handle = provider.callback();
  return {
    provider,
    handle: async (incoming, outgoing) => {
      await handle(incoming, outgoing);
    },
    clientIdOfInstanceToken: async (value) => {
      const token = await provider.ClientCredentials.find(value);
      // A token that is bound to a key proves nothing without the key (RFC 9449 section 7.1).
      return token && !token.isSenderConstrained() ? token.clientId : undefined;
    },
  };
}

/** Stored clients carry the hash of their secret where oidc-provider expects the secret. */
function acceptHashedClientSecrets(provider: OidcProvider): void {
  provider.Client.prototype.compareClientSecret = function compareClientSecret(
    this: { clientSecret?: string },
    secret,
  ) {
    return this.clientSecret !== undefined && matchesHash(secret, this.clientSecret);
  };
}

/** Adds to oidc-provider's answers what it leaves out, and takes from them what is not so. */
function completeResponses(provider: OidcProvider, issuer: string, context: ProviderContext): void {
  const { database, keys, lifetimes } = context;
  const secrets = deriveFlowSecrets(keys.dpopNonceSecret);
  const instances = new Instances(database);
  const introspectAccessToken = accessTokenIntrospection(provider, issuer, context);
  provider.use(async (ctx, next) => {
    await next();
    const body = ctx.body as Record<string, unknown> | undefined;
    if (!ctx.oidc || typeof body !== 'object' || body === null) return;

    switch (ctx.oidc.route) {
      case 'discovery':
        ctx.body = authorizationServerMetadata(body, lifetimes);
        break;
      case 'jwks':
        // oidc-provider would tell of the keys that there were when it began.
        body.keys = keys.signingKeys.published.map(({ publicJwk }) => publicJwk);
        break;
      case 'device_authorization':
        if (ctx.status === 200) ctx.body = deviceAuthorizationResponse(issuer, body, secrets, lifetimes);
        break;
      case 'registration':
        // Whom it belongs to from the start: it pins that before it lets anybody in.
        if (ctx.status === 201 && ctx.req.headers.authorization !== undefined) {
          const instance = await instances.find(String(body.client_id));
          ctx.body = { ...body, instance: instance && representation(instance) };
        }
        break;
      case 'client':
      case 'client_update':
        // RFC 7592 section 3: the secret was shown once; what is stored is its hash.
        delete body.client_secret;
        delete body.client_secret_expires_at;
        break;
      case 'introspection':
        // Instances ask, not pages. oidc-provider lets every origin read the refusals.
        ctx.remove('Access-Control-Allow-Origin');
        ctx.remove('Access-Control-Expose-Headers');
        // It knows the client by then, and declines every JWT.
        if (body.error === 'unsupported_token_type' && ctx.oidc.client) {
          ctx.status = 200;
          ctx.body = await introspectAccessToken(String(ctx.oidc.params?.token), ctx.oidc.client.clientId);
        }
        break;
      case 'token':
        if (body.error === 'authorization_pending') {
          const deviceCode = String(ctx.oidc.params?.device_code);
          body.error = await judgePoll(database, deviceCode, lifetimes);
          if (body.error === 'slow_down') {
            body.error_description = 'The device polls too fast. Add 5 seconds to the interval from now on.';
          }
        }
        break;
    }
  });
}

/**
 * RFC 8628 section 3.2. The user code travels in the fragment: a query would end up in access logs, histories and
 * `Referer` headers. The match code is not among what the link carries: who has it looks at the page that asked.
 */
function deviceAuthorizationResponse(
  issuer: string,
  body: Readonly<Record<string, unknown>>,
  { matchCodeOf }: FlowSecrets,
  { device_poll_interval: interval }: TokenLifetimes,
): Record<string, unknown> {
  const verificationUri = `${issuer}/device`;
  const userCode = String(body.user_code);
  return {
    ...body,
    verification_uri: verificationUri,
    verification_uri_complete: `${verificationUri}#user_code=${userCode}`,
    match_code: matchCodeOf(userCode.replace('-', '')),
    interval,
  };
}

/** Only codes are logged for refusals: descriptions and causes may quote what the client sent. */
function logEvents(
  provider: OidcProvider,
  failedAuthentications: FailedAuthentications,
  logger: Logger,
): void {
  provider.on('server_error', (ctx, error) => {
    logger.error({ route: ctx.oidc?.route, err: describeError(error) }, 'a request failed');
  });
  // Koa's own: without a listener it writes to the console.
  (provider as EventEmitter).on('error', (error: unknown) => {
    logger.error({ err: describeError(error) }, 'a response failed');
  });
  const refusals = [
    ...['grant.error', 'device_authorization.error', 'registration_create.error'],
    ...authenticatingRefusals,
  ];
  for (const event of refusals) {
    provider.on(event as 'grant.error', (ctx, error) => {
      if (error.error === 'authorization_pending') return;
      // An access token, which is answered after all.
      if (event === 'introspection.error' && error.error === 'unsupported_token_type') return;
      const tooMany = authenticatingRefusals.includes(event) && failedAuthentications.count(ctx.req);
      if (tooMany) {
        ctx.status = tooMany.status;
        ctx.set(tooMany.headers);
        ctx.body = { error: tooMany.code, error_description: tooMany.message };
        return;
      }
      // A client that is not registered is only what somebody says.
      const { route, client } = ctx.oidc;
      const from = { clientId: client?.clientId, address: clientAddress(ctx.req) };
      logger.info({ route, error: error.error, ...from }, 'refused an OAuth request');
    });
  }
  provider.on('registration_create.success', (ctx, { clientId }) => {
    if (ctx.req.headers.authorization === undefined) return;
    logger.info({ clientId }, 'an instance was registered with a registration key');
  });
  provider.on('registration_delete.success', (_ctx, { clientId }) => {
    logger.info({ clientId }, 'an instance was deregistered');
  });
}
