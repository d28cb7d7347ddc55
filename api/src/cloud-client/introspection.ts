import * as oauth from 'oauth4webapi';
import type { CloudFetch } from './cloud-fetch.ts';
import { credentialsRefusal } from './credentials-refusal.ts';
import type { CloudMetadata } from './discovery.ts';
import { CloudUnreachableError } from './errors.ts';
import type { Registration } from './registration.ts';

/**
 * Asks the cloud, with the credentials of the instance, whether an access token for it still counts.
 *
 * @throws CloudUnreachableError | CredentialsRefusedError
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2 RFC 7662 section 2}
 */
export async function introspect(
  { authorizationServer }: CloudMetadata,
  { clientId, clientSecret }: Registration,
  accessToken: string,
  cloudFetch: CloudFetch,
): Promise<boolean> {
  if (authorizationServer.introspection_endpoint === undefined)
    throw new CloudUnreachableError('it does not offer to judge access tokens');
  const client = { client_id: clientId };
  const response = await oauth.introspectionRequest(
    authorizationServer,
    client,
    oauth.ClientSecretBasic(clientSecret),
    accessToken,
    { [oauth.customFetch]: cloudFetch, [oauth.allowInsecureRequests]: true }, // judged by cloudFetch
  );
  const refusal = await credentialsRefusal(response, clientSecret);
  if (refusal) throw refusal;
  const { status } = response;
  try {
    const { active } = await oauth.processIntrospectionResponse(authorizationServer, client, response);
    return active;
  } catch {
    // No cause: it quotes the answer.
    throw new CloudUnreachableError(
      `its answer about an access token makes no sense (HTTP status ${status})`,
    );
  }
}
