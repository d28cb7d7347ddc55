import * as oauth from 'oauth4webapi';
import type { CloudMetadata } from './cloud-metadata.ts';
import { AuthError } from './errors.ts';

/** Tokens as the cloud issued them, judged fit for use. */
export interface IssuedTokens {
  accessToken: string;
  accessTokenLifetimeSeconds: number;
  /** Absent when a refresh keeps the old one valid (RFC 6749 section 6). */
  refreshToken: string | undefined;
}

/** Why the token endpoint issued nothing. Only a refusal says something about the grant. */
export type TokenEndpointFailure =
  | { kind: 'refused'; error: string; description: string | undefined }
  | { kind: 'unreachable' }
  | { kind: 'unintelligible' };

/**
 * Sends a request that carries a DPoP proof, and sends it once more when the server asks for a nonce. The handle has
 * kept that nonce; a second demand for one is an ordinary failure, so that no server can make this loop.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-8 RFC 9449 section 8}
 */
export async function withDpopNonce<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return await send();
  }
}

/** Judges a successful answer: tokens that are not bound to the DPoP key (RFC 9449 section 5) are not accepted. */
export function judgeTokens(
  { issuer, lifetimes }: CloudMetadata,
  { access_token, expires_in, refresh_token, token_type }: oauth.TokenEndpointResponse,
): IssuedTokens {
  if (token_type !== 'dpop') {
    throw new AuthError(
      'unbound-tokens',
      `The cloud at ${issuer.origin} issued tokens that anybody could use who copies them, so they were not accepted. Ask whoever runs this cloud to update it.`,
    );
  }
  return {
    accessToken: access_token,
    accessTokenLifetimeSeconds: expires_in ?? lifetimes.accessToken,
    refreshToken: refresh_token,
  };
}

/**
 * Tells apart a cloud that refuses, one that is not there, and one that makes no sense.
 *
 * @throws the error itself when it is none of these
 */
export function judgeTokenEndpointFailure(error: unknown): TokenEndpointFailure {
  if (error instanceof AuthError && error.code === 'cloud-unreachable') return { kind: 'unreachable' };
  if (error instanceof oauth.ResponseBodyError) {
    return { kind: 'refused', error: error.error, description: error.error_description };
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    const parameters = error.cause.find((challenge) => challenge.parameters.error !== undefined)?.parameters;
    if (parameters?.error === undefined) return { kind: 'unintelligible' };
    return { kind: 'refused', error: parameters.error, description: parameters.error_description };
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return { kind: 'unintelligible' };
  }
  if (error instanceof AuthError && error.code === 'invalid-cloud-response')
    return { kind: 'unintelligible' };
  throw error;
}
