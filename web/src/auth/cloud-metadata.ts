import * as oauth from 'oauth4webapi';
import { type AuthSeams, cloudFetch, invalidCloudResponse } from './cloud-fetch.ts';
import { parseIssuer, transportOptions } from './issuer.ts';
import { isConfidential } from './secure-context.ts';

/** What a cloud publishes about itself, judged fit for use. */
export interface CloudMetadata {
  issuer: URL;
  server: oauth.AuthorizationServer;
  /** Seconds, from the metadata's `holdfast_token_lifetimes`. */
  lifetimes: { accessToken: number; refreshTokenIdle: number; refreshTokenAbsolute: number };
}

/**
 * Discovers the cloud by its metadata.
 *
 * @throws {AuthError} `untrusted-issuer`, `cloud-unreachable`, `invalid-cloud-response`
 * @see {@link https://www.rfc-editor.org/rfc/rfc8414#section-3 RFC 8414 section 3}
 */
export async function discoverCloud(
  issuerIdentifier: string,
  seams: AuthSeams = {},
  signal?: AbortSignal,
): Promise<CloudMetadata> {
  const issuer = parseIssuer(issuerIdentifier);
  const response = await oauth.discoveryRequest(issuer, {
    algorithm: 'oauth2',
    [oauth.customFetch]: cloudFetch(seams, signal),
    ...transportOptions(issuer),
  });
  return judgeMetadata(issuer, response);
}

async function judgeMetadata(issuer: URL, response: Response): Promise<CloudMetadata> {
  let server: oauth.AuthorizationServer;
  try {
    server = await oauth.processDiscoveryResponse(issuer, response);
  } catch {
    throw invalidCloudResponse(issuer.origin);
  }
  const endpoints = [server.device_authorization_endpoint, server.token_endpoint, server.revocation_endpoint];
  const lifetimes = readLifetimes(server.holdfast_token_lifetimes);
  if (lifetimes === undefined || !endpoints.every(isConfidentialEndpoint))
    throw invalidCloudResponse(issuer.origin);
  return { issuer, server, lifetimes };
}

function isConfidentialEndpoint(endpoint: string | undefined): boolean {
  const url = endpoint === undefined ? null : URL.parse(endpoint);
  return url !== null && isConfidential(url);
}

function readLifetimes(value: oauth.JsonValue | undefined): CloudMetadata['lifetimes'] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const {
    access_token: accessToken,
    refresh_token_idle: refreshTokenIdle,
    refresh_token_absolute: refreshTokenAbsolute,
  } = value;
  if (!isSeconds(accessToken) || !isSeconds(refreshTokenIdle) || !isSeconds(refreshTokenAbsolute))
    return undefined;
  return { accessToken, refreshTokenIdle, refreshTokenAbsolute };
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
