import * as oauth from 'oauth4webapi';
import type { AuthSeams } from './cloud-fetch.ts';
import { withDpopNonce } from './token-endpoint.ts';

/** A request that can be sent more than once. */
export interface ReplayableRequest {
  url: URL;
  method: string;
  headers: Headers;
  body: ArrayBuffer | null;
  signal: AbortSignal;
}

/**
 * Sends a request to an instance with an access token and the proof of its key. Only for addresses that keep it
 * confidential.
 *
 * @throws {oauth.WWWAuthenticateChallengeError} when the instance refuses the token or the proof
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7 RFC 9449 section 7}
 */
export async function requestWithToken(
  { url, method, headers, body, signal }: ReplayableRequest,
  accessToken: string,
  dpop: oauth.DPoPHandle,
  seams: AuthSeams,
): Promise<Response> {
  return await withDpopNonce(() =>
    oauth.protectedResourceRequest(
      accessToken,
      method,
      url,
      new Headers(headers),
      body === null ? null : new Uint8Array(body),
      {
        DPoP: dpop,
        signal,
        [oauth.customFetch]: (address, options) =>
          (seams.fetch ?? globalThis.fetch)(address, { ...options, credentials: 'omit' } as RequestInit),
        // `isConfidential` lets http through on loopback names only.
        ...(url.protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {}),
      },
    ),
  );
}
