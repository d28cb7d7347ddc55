import * as oauth from 'oauth4webapi';
import { type InstanceClaim, putClaim } from '../claim/claim-store.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { CloudFetch } from './cloud-fetch.ts';
import type { CloudMetadata } from './discovery.ts';
import { CloudUnreachableError, quoteReason, RegistrationRefusedError } from './errors.ts';

/** Access to the registration itself (RFC 7592). */
export interface RegistrationManagement {
  readonly accessToken: string;
  readonly clientUri: string;
}

/** Who this instance is at its cloud. */
export interface Registration {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** If the cloud offers that. */
  readonly management?: RegistrationManagement;
}

/**
 * Introduces the instance to the cloud.
 *
 * @throws CloudUnreachableError | RegistrationRefusedError
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591#section-3.1 RFC 7591 section 3.1}
 */
export async function register(
  metadata: CloudMetadata,
  softwareVersion: string,
  cloudFetch: CloudFetch,
): Promise<Registration> {
  const response = await requestRegistration(metadata, softwareVersion, cloudFetch);
  return (await processRegistrationResponse(metadata.authorizationServer.issuer, response)).registration;
}

/** A registration key, and what tells the cloud whether it has been presented in the same attempt before. */
export interface PresentedKey {
  readonly key: string;
  readonly attempt: string;
}

/** @param presented a registration key, if there is one */
export async function requestRegistration(
  metadata: CloudMetadata,
  softwareVersion: string,
  cloudFetch: CloudFetch,
  presented?: PresentedKey,
): Promise<Response> {
  return oauth.dynamicClientRegistrationRequest(
    metadata.authorizationServer,
    {
      client_name: 'Holdfast instance',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: [],
      response_types: [],
      software_id: 'holdfast',
      software_version: softwareVersion,
    },
    {
      [oauth.customFetch]: cloudFetch,
      [oauth.allowInsecureRequests]: true,
      ...(presented && {
        initialAccessToken: presented.key,
        headers: { 'Idempotency-Key': `"${presented.attempt}"` },
      }),
    },
  );
}

/**
 * @param secrets what the request carried, which a careless cloud quotes back
 * @returns the registration, and all that the cloud said of it
 * @throws CloudUnreachableError | RegistrationRefusedError
 */
export async function processRegistrationResponse(
  issuer: string,
  response: Response,
  secrets: readonly string[] = [],
): Promise<{ registration: Registration; client: oauth.Client }> {
  let client: oauth.OmitSymbolProperties<oauth.Client>;
  try {
    client = await oauth.processDynamicClientRegistrationResponse(response);
  } catch (cause) {
    if (cause instanceof oauth.ResponseBodyError) {
      throw new RegistrationRefusedError(
        quoteReason(cause.error_description, secrets) || quoteReason(cause.error, secrets),
        {
          cause,
        },
      );
    }
    // No cause: it quotes the answer, which may hold the client secret.
    throw new CloudUnreachableError('its answer to the registration makes no sense');
  }
  const { client_id, client_secret, registration_access_token, registration_client_uri } = client;
  if (typeof client_secret !== 'string' || !client_secret || !/^[A-Za-z0-9._~-]{1,128}$/.test(client_id)) {
    throw new CloudUnreachableError('its answer to the registration makes no sense');
  }
  const hasManagement =
    typeof registration_access_token === 'string' && typeof registration_client_uri === 'string';
  const registration: Registration = {
    issuer,
    clientId: client_id,
    clientSecret: client_secret,
    ...(hasManagement && {
      management: { accessToken: registration_access_token, clientUri: registration_client_uri },
    }),
  };
  return { registration, client };
}

/** The registration that was saved at an earlier time. */
export function readRegistration(secrets: SecretsStore): Registration | undefined {
  const row = secrets.read('registration');
  const management = secrets.read('registration_management');
  return (
    row && {
      issuer: row.issuer,
      clientId: row.client_id,
      clientSecret: row.client_secret,
      ...(management && {
        management: {
          accessToken: management.registration_access_token,
          clientUri: management.registration_client_uri,
        },
      }),
    }
  );
}

/** @param owned whose the instance is from then on, in the same step, if it was registered with a key */
export async function saveRegistration(
  secrets: SecretsStore,
  registration: Registration,
  owned?: { readonly claim: InstanceClaim; readonly name: string | undefined },
): Promise<void> {
  const { issuer, clientId, clientSecret, management } = registration;
  await secrets.transaction((transaction) => {
    if (owned) {
      putClaim(transaction, issuer, owned.claim, owned.name);
      for (const name of presentationRecords) transaction.remove(name);
    }
    transaction.put('registration', { issuer, client_id: clientId, client_secret: clientSecret });
    if (management) {
      transaction.put('registration_management', {
        registration_access_token: management.accessToken,
        registration_client_uri: management.clientUri,
      });
    }
  });
}

/** That a registration key was presented, and as which attempt. */
export const presentationRecords = ['presented_registration_key', 'registration_attempt'] as const;

/** Who the instance is at its cloud. */
export const registrationRecords = ['registration', 'registration_management', 'instance_token'] as const;

/** Forgets who the instance was at its cloud, and nothing else. */
export async function forgetRegistration(secrets: SecretsStore): Promise<void> {
  await secrets.transaction((transaction) => {
    for (const name of registrationRecords) transaction.remove(name);
  });
}

/**
 * The identifier of an instance as a resource: the one audience of tokens for it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8707#section-2 RFC 8707 section 2}
 */
export function resourceOf({ issuer, clientId }: Pick<Registration, 'issuer' | 'clientId'>): string {
  return `${issuer}/instances/${clientId}`;
}
