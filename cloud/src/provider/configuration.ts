import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Account, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { AccessDenied, InvalidScope, InvalidTarget } from 'oidc-provider/lib/helpers/errors.js';
import type { Database } from '../database/database.ts';
import { clientAddress } from '../http/client-address.ts';
import type { FailedAuthentications } from '../http/failed-authentications.ts';
import { isWebOrigin } from '../http/web-origin.ts';
import type { TokenLifetimes } from '../lifetimes.ts';
import type { Role } from '../workspaces/role.ts';
import { epochSeconds, OAuthRecordAdapter, type OnRevoked } from './adapter.ts';
import { ClientAdapter, type OnDeregistered } from './client-adapter.ts';
import { assertThumbprint } from './device-binding.ts';
import { LocalSigningKey } from './local-signing-key.ts';
import { assertRegistrationPolicy } from './registration-policy.ts';
import {
  type InstanceResources,
  instanceScope,
  type ResourceServerContext,
  resourceServerOf,
  webClientId,
} from './resource-server.ts';
import type { ServerKeys } from './signing-keys.ts';

/** Why an account may use an instance: what its access token says beside RFC 9068's claims. */
export interface Admission {
  readonly workspace: { readonly id: string; readonly name: string };
  readonly role: Role;
  readonly email: string;
  readonly name: string;
}

/** An answer to “may this account enter this instance?”. `undefined`: the account does not exist. */
export type Admit = (
  accountId: string,
  clientId: string,
) => Promise<Admission | { readonly refused: string } | undefined>;

export interface ProviderContext extends ResourceServerContext {
  readonly database: Database;
  readonly keys: ServerKeys;
  readonly lifetimes: TokenLifetimes;
  readonly resources: InstanceResources;
  readonly admit: Admit;
  readonly onRevoked: OnRevoked;
  readonly onDeregistered: OnDeregistered;
  readonly failedAuthentications: FailedAuthentications;
}

/** Where a device authorization came from; kept with the code and shown to the person who decides. */
export interface DeviceInfo {
  readonly address: string;
  readonly userAgent: string | null;
  readonly origin: string | null;
}

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * oidc-provider as a plain OAuth 2.0 server for two kinds of client: the web app (device authorization, refresh, DPoP)
 * and instances (client credentials). Everything that speaks of browsers, sessions or OpenID Connect is off.
 */
export function providerConfiguration(context: ProviderContext): Configuration {
  const { database, keys, lifetimes, resources } = context;
  return {
    adapter: (kind) =>
      kind === 'Client'
        ? new ClientAdapter(database, resources, context.onDeregistered)
        : new OAuthRecordAdapter(kind, database, context.onRevoked),
    jwks: { keys: [new LocalSigningKey(keys.signingKeys)] },
    // No route that sets one of its cookies is served; a key is given so that none could ever be unsigned.
    cookies: { keys: [keys.cookieSecret] },
    clients: [
      {
        client_id: webClientId,
        client_name: 'Holdfast',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: [deviceCodeGrant, 'refresh_token'],
        response_types: [],
        redirect_uris: [],
        dpop_bound_access_tokens: true,
      },
    ],
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
    },
    clientAuthMethods: ['client_secret_basic', 'none'],
    enabledJWA: { dPoPSigningAlgValues: ['ES256'], idTokenSigningAlgValues: ['ES256'] },
    responseTypes: [],
    scopes: [instanceScope],
    // CORS is decided in http-server.ts; what it does not allow, nobody does.
    clientBasedCORS: () => false,
    clockTolerance: 0,
    extraParams: {
      dpop_jkt: (_ctx, thumbprint) => assertThumbprint(thumbprint),
      scope: (ctx, scope) => {
        if (ctx.oidc.params) ctx.oidc.params.scope = onlyInstanceScope(scope);
      },
      resource: (_ctx, resource) => {
        if (typeof resource !== 'string') throw new InvalidTarget('exactly one resource must be given');
      },
    },
    extraClientMetadata: {
      properties: ['software_id', 'software_version'],
      // Called for each property whenever a client is made, but only for a registration with a context.
      validator: (ctx, property) => {
        if (ctx && property === 'software_id') {
          // An update names its client (RFC 7592 section 2.2), which was compared before.
          const { client_id: _clientId, ...metadata } = ctx.oidc.body ?? {};
          assertRegistrationPolicy(ctx.oidc.route === 'client_update' ? metadata : (ctx.oidc.body ?? {}));
        }
      },
    },
    features: {
      devInteractions: { enabled: false },
      // An experiment of oidc-provider, of this version; another one has to be acknowledged anew.
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      registration: {
        enabled: true,
        initialAccessToken: false,
        idFactory: () => randomUUID(),
        secretFactory: () => randomBytes(32).toString('base64url'),
      },
      // RFC 7592. An update that brings the client secret along is refused: it would be compared with the stored hash.
      // The token stays: one that was rotated in an answer that got lost would lock the instance out.
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        deviceInfo: (ctx) => ({ ...deviceInfoOf(ctx.req) }),
      },
      dPoP: { enabled: true, nonceSecret: keys.dpopNonceSecret },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          token.kind === 'ClientCredentials' && token.clientId === client.clientId,
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, _client, granted) => {
          if (granted) return granted;
          if (ctx.oidc.route === 'device_authorization') {
            throw new InvalidTarget('the resource parameter is missing: name the instance to sign in to');
          }
          return undefined;
        },
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource, client) =>
          resourceServerOf(context, resource, client.clientId),
      },
    },
    ttl: {
      AccessToken: lifetimes.access_token,
      ClientCredentials: lifetimes.instance_token,
      DeviceCode: lifetimes.device_code,
      // The grant ends with the last refresh token it can have: one issued at the end of the device code's life.
      Grant: lifetimes.refresh_token_absolute + lifetimes.device_code,
      RefreshToken: (_ctx, token) => refreshTokenTtl(lifetimes, token.iiat ?? epochSeconds()),
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: () => true,
    expiresWithSession: () => false,
    extraTokenClaims: async (ctx, token) => {
      if (token.kind !== 'AccessToken') {
        if (token.scope) throw new InvalidScope('an instance token has no scope', token.scope);
        return undefined;
      }
      const { account } = ctx.oidc;
      if (!account) throw new TypeError('an access token needs an account');
      const { sub: _sub, ...claims } = await account.claims('userinfo', instanceScope, {}, []);
      return { ...claims, grant_id: token.grantId };
    },
    findAccount: async (ctx, accountId, source) => {
      const resource = source && 'resource' in source ? source.resource : undefined;
      return admittedAccount(ctx, context, accountId, resource);
    },
    renderError: (ctx, out) => {
      ctx.type = 'json';
      ctx.body = out;
    },
    interactions: { url: () => '/' },
  };
}

/** Rotation prolongs the idle time, never the end that was set by the first token of the family (`iiat`). */
export function refreshTokenTtl(lifetimes: TokenLifetimes, familyIssuedAt: number): number {
  const untilAbsoluteEnd = familyIssuedAt + lifetimes.refresh_token_absolute - epochSeconds();
  return Math.max(1, Math.min(lifetimes.refresh_token_idle, untilAbsoluteEnd));
}

/** Asked at every issue of tokens, so that a person who lost access gets no more of them. */
async function admittedAccount(
  _ctx: KoaContextWithOIDC,
  { resources, admit }: ProviderContext,
  accountId: string,
  resource: unknown,
): Promise<Account | undefined> {
  const clientId = typeof resource === 'string' ? resources.clientIdOf(resource) : undefined;
  if (clientId === undefined) throw new InvalidTarget('the grant names no instance');
  const admission = await admit(accountId, clientId);
  if (!admission) return undefined;
  if ('refused' in admission) throw new AccessDenied(admission.refused);
  return {
    accountId,
    claims: () => ({
      sub: accountId,
      workspace: admission.workspace.id,
      workspace_name: admission.workspace.name,
      role: admission.role,
      email: admission.email,
      name: admission.name,
    }),
  };
}

function onlyInstanceScope(scope: string | undefined): string {
  if (scope !== undefined && scope !== instanceScope) {
    throw new InvalidScope(`the only scope is ${instanceScope}`, scope);
  }
  return instanceScope;
}

function deviceInfoOf(request: IncomingMessage): DeviceInfo {
  const { origin, 'user-agent': userAgent } = request.headers;
  return {
    address: clientAddress(request),
    userAgent: userAgent?.slice(0, 256) ?? null,
    origin: origin !== undefined && isWebOrigin(origin) ? origin : null,
  };
}
