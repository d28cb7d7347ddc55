import * as oauth from 'oauth4webapi';
import { isTrustworthyUrl } from '../loopback.ts';
import type { CloudFetch } from './cloud-fetch.ts';
import { CloudUnreachableError, quoteCloud } from './errors.ts';

/** What the cloud publishes and keeps, in seconds. */
export interface TokenLifetimes {
  readonly accessToken: number;
  readonly refreshTokenIdle: number;
  readonly refreshTokenAbsolute: number;
  readonly instanceToken: number;
  readonly deviceCode: number;
  readonly userCode: number;
  /** From one poll for a device code to the next; undefined if the cloud does not publish it. */
  readonly devicePollInterval: number | undefined;
}

/** What the instance needs of the cloud's authorization server metadata. */
export interface CloudMetadata {
  readonly authorizationServer: oauth.AuthorizationServer;
  readonly deviceAuthorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly registrationEndpoint: string;
  readonly jwksUri: string;
  /** Undefined if the cloud publishes none. */
  readonly tokenLifetimes: TokenLifetimes | undefined;
  /** Where instances poll for security events (RFC 8936); undefined if the cloud delivers none. */
  readonly securityEventsEndpoint: string | undefined;
}

/**
 * Asks the cloud for its metadata.
 *
 * @throws CloudUnreachableError
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 section 3}
 */
export async function discover(issuer: string, cloudFetch: CloudFetch): Promise<CloudMetadata> {
  const response = await oauth.discoveryRequest(new URL(issuer), {
    algorithm: 'oauth2',
    [oauth.customFetch]: cloudFetch,
    [oauth.allowInsecureRequests]: true, // judged by cloudFetch: plain http on loopback only
  });
  return processDiscoveryResponse(issuer, response);
}

/** @throws CloudUnreachableError when the answer is not the metadata of the cloud `issuer` */
export async function processDiscoveryResponse(issuer: string, response: Response): Promise<CloudMetadata> {
  let authorizationServer: oauth.AuthorizationServer;
  try {
    authorizationServer = await oauth.processDiscoveryResponse(new URL(issuer), response);
  } catch (cause) {
    throw new CloudUnreachableError('what answers there is not a Holdfast cloud', { cause });
  }
  // "The issuer value returned MUST be identical to the authorization server's issuer identifier value"
  // (RFC 8414 section 3.3): tokens are compared with it character by character.
  if (authorizationServer.issuer !== issuer) {
    throw new CloudUnreachableError(
      `it calls itself ${quoteCloud(authorizationServer.issuer)}; use that as --cloud`,
    );
  }
  return {
    authorizationServer,
    deviceAuthorizationEndpoint: endpoint(authorizationServer, 'device_authorization_endpoint'),
    tokenEndpoint: endpoint(authorizationServer, 'token_endpoint'),
    registrationEndpoint: endpoint(authorizationServer, 'registration_endpoint'),
    jwksUri: endpoint(authorizationServer, 'jwks_uri'),
    tokenLifetimes: parseTokenLifetimes(authorizationServer.holdfast_token_lifetimes),
    securityEventsEndpoint:
      authorizationServer.holdfast_security_events_endpoint === undefined
        ? undefined
        : endpoint(authorizationServer, 'holdfast_security_events_endpoint'),
  };
}

function endpoint(metadata: oauth.AuthorizationServer, name: keyof oauth.AuthorizationServer): string {
  const value = metadata[name];
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (!url || !isTrustworthyUrl(url))
    throw new CloudUnreachableError(`its metadata has no usable ${String(name)}`);
  return url.href;
}

function parseTokenLifetimes(value: unknown): TokenLifetimes | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const published = value as Record<string, unknown>;
  const lifetimes = {
    accessToken: published.access_token,
    refreshTokenIdle: published.refresh_token_idle,
    refreshTokenAbsolute: published.refresh_token_absolute,
    instanceToken: published.instance_token,
    deviceCode: published.device_code,
    userCode: published.user_code,
  };
  const { device_poll_interval: interval } = published;
  if (!Object.values(lifetimes).every(isSeconds)) return undefined;
  return {
    ...(lifetimes as Omit<TokenLifetimes, 'devicePollInterval'>),
    devicePollInterval: isSeconds(interval) ? interval : undefined,
  };
}

/** Whether it can be said in GraphQL, whose integers have 32 bits. */
function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31;
}
