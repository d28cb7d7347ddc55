import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { CloudFetch } from './cloud-fetch.ts';
import { CloudUnreachableError } from './errors.ts';
import type { Registration, RegistrationManagement } from './registration.ts';

export type DeregistrationOutcome =
  | 'deleted'
  /** The cloud does not know the registration, or no longer. */
  | 'already gone'
  /** The cloud deletes no registrations, or not this one: asking again would change nothing. */
  | 'refused';

/**
 * Deletes a registration at its cloud.
 *
 * @throws CloudUnreachableError
 * @see {@link https://www.rfc-editor.org/rfc/rfc7592#section-2.3 RFC 7592 section 2.3}
 */
export async function deregister(
  { accessToken, clientUri }: RegistrationManagement,
  cloudFetch: CloudFetch,
): Promise<DeregistrationOutcome> {
  return processDeregistrationResponse(
    await cloudFetch(clientUri, {
      method: 'DELETE',
      headers: { accept: 'application/json', authorization: `Bearer ${accessToken}` },
    }),
  );
}

/** @throws CloudUnreachableError when the answer decides nothing */
export function processDeregistrationResponse({ status }: Response): DeregistrationOutcome {
  switch (status) {
    case 204:
      return 'deleted';
    case 401:
    case 404:
      return 'already gone';
    case 403:
    case 405:
      return 'refused';
    default:
      throw new CloudUnreachableError(`it answers the deregistration with HTTP status ${status}`);
  }
}

/**
 * What a registration leaves to be done at its cloud; undefined if the cloud offers no deregistration at its own
 * origin. Elsewhere it could have the instance delete things that are not the cloud's.
 */
export function deregistrationOf({ issuer, management }: Registration): RegistrationManagement | undefined {
  return management && URL.parse(management.clientUri)?.origin === issuer ? management : undefined;
}

/** The deregistration that the cloud has not heard of yet. */
export function readPendingDeregistration(secrets: SecretsStore): RegistrationManagement | undefined {
  const row = secrets.read('pending_deregistration');
  return row && { accessToken: row.registration_access_token, clientUri: row.registration_client_uri };
}

export async function removePendingDeregistration(secrets: SecretsStore): Promise<void> {
  await secrets.transaction((transaction) => transaction.remove('pending_deregistration'));
}
