import * as oauth from 'oauth4webapi';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { CloudFetch } from './cloud-fetch.ts';
import { credentialsRefusal } from './credentials-refusal.ts';
import type { CloudMetadata } from './discovery.ts';
import { CloudUnreachableError } from './errors.ts';
import type { Registration } from './registration.ts';

/** The access token of the instance itself, for the cloud's instance API. */
export interface InstanceToken {
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Of a cloud that says nothing about it. */
const defaultLifetimeSeconds = 600;
const renewalMarginMilliseconds = 60_000;

/**
 * Gets an instance token for the instance's own credentials.
 *
 * @throws CloudUnreachableError | CredentialsRefusedError
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.4 RFC 6749 section 4.4}
 */
export async function requestInstanceToken(
  metadata: CloudMetadata,
  registration: Registration,
  cloudFetch: CloudFetch,
  now: () => number,
): Promise<InstanceToken> {
  const response = await oauth.clientCredentialsGrantRequest(
    metadata.authorizationServer,
    { client_id: registration.clientId },
    oauth.ClientSecretBasic(registration.clientSecret),
    {},
    { [oauth.customFetch]: cloudFetch, [oauth.allowInsecureRequests]: true },
  );
  return processInstanceTokenResponse(metadata, registration, response, now);
}

/** @throws CloudUnreachableError | CredentialsRefusedError */
export async function processInstanceTokenResponse(
  metadata: CloudMetadata,
  { clientId, clientSecret }: Registration,
  response: Response,
  now: () => number,
): Promise<InstanceToken> {
  const refusal = await credentialsRefusal(response, clientSecret);
  if (refusal) throw refusal;
  const { status } = response;
  try {
    const answer = await oauth.processClientCredentialsResponse(
      metadata.authorizationServer,
      { client_id: clientId },
      response,
    );
    const lifetimeSeconds =
      answer.expires_in ?? metadata.tokenLifetimes?.instanceToken ?? defaultLifetimeSeconds;
    return { accessToken: answer.access_token, expiresAt: now() + lifetimeSeconds * 1_000 };
  } catch {
    // No cause: it quotes the answer, which may hold the token.
    throw new CloudUnreachableError(
      `its answer to the request for a token makes no sense (HTTP status ${status})`,
    );
  }
}

/**
 * When to renew a token: a minute before it expires, or after two thirds of what is left of a shorter one.
 *
 * @returns milliseconds since the epoch
 */
export function renewalTime(token: InstanceToken, obtainedAt: number): number {
  const left = token.expiresAt - obtainedAt;
  return token.expiresAt - Math.min(renewalMarginMilliseconds, left / 3);
}

export function readInstanceToken(secrets: SecretsStore): InstanceToken | undefined {
  const row = secrets.read('instance_token');
  return row && { accessToken: row.access_token, expiresAt: Number(row.expires_at) };
}

export async function saveInstanceToken(secrets: SecretsStore, token: InstanceToken): Promise<void> {
  await secrets.transaction((transaction) => {
    transaction.put('instance_token', {
      access_token: token.accessToken,
      expires_at: String(token.expiresAt),
    });
  });
}
