import * as oauth from 'oauth4webapi';
import { type AuthSeams, cloudFetch } from './cloud-fetch.ts';
import { discoverCloud } from './cloud-metadata.ts';
import { transportOptions } from './issuer.ts';
import type { StoredSession } from './token-store.ts';

/**
 * Revokes a refresh token, which ends the whole grant at the cloud. Answers whether the cloud confirmed it.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7009#section-2 RFC 7009 section 2}
 */
export async function revokeRefreshToken(
  { issuer, clientId, refreshToken }: Pick<StoredSession, 'issuer' | 'clientId' | 'refreshToken'>,
  seams: AuthSeams = {},
): Promise<boolean> {
  try {
    const metadata = await discoverCloud(issuer, seams);
    const response = await oauth.revocationRequest(
      metadata.server,
      { client_id: clientId },
      oauth.None(),
      refreshToken,
      {
        additionalParameters: { token_type_hint: 'refresh_token' },
        [oauth.customFetch]: cloudFetch(seams),
        ...transportOptions(metadata.issuer),
      },
    );
    await oauth.processRevocationResponse(response);
    return true;
  } catch {
    // Whatever the reason, the answer is the same: nobody confirmed it, and the caller says so.
    return false;
  }
}
