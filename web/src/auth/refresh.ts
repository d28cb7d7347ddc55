import * as oauth from 'oauth4webapi';
import { type AuthSeams, cloudFetch } from './cloud-fetch.ts';
import { type CloudMetadata, discoverCloud } from './cloud-metadata.ts';
import { deleteDpopKey, loadDpopKey } from './dpop-key.ts';
import { AuthError, type AuthErrorCode } from './errors.ts';
import { transportOptions } from './issuer.ts';
import { revokeRefreshToken } from './revocation.ts';
import { assertSecureContext } from './secure-context.ts';
import {
  type IssuedTokens,
  judgeTokenEndpointFailure,
  judgeTokens,
  type TokenEndpointFailure,
  withDpopNonce,
} from './token-endpoint.ts';
import {
  endSession,
  readSession,
  type SignedOutReason,
  type StoredSession,
  saveSession,
} from './token-store.ts';

/** What came of the wish for a fresh access token. */
export type RefreshOutcome =
  | { outcome: 'renewed'; session: StoredSession }
  /** The cloud refused: the session is over and forgotten. Without a reason the person signed out. */
  | { outcome: 'ended'; reason: SignedOutReason | undefined }
  /** The cloud could not be asked: the session stays, and later is another chance. */
  | { outcome: 'postponed'; error: AuthError };

// OAuth errors that say for good that this grant yields no more tokens. Everything else, such as `invalid_dpop_proof`
// by a wrong clock or `invalid_request` by a misconfigured host, can pass, and signing out would mend nothing.
const finalErrors = new Set([
  'invalid_grant',
  'access_denied',
  'invalid_target',
  'invalid_client',
  'unauthorized_client',
]);

const cloudFailures = new Set<string>([
  'cloud-unreachable',
  'invalid-cloud-response',
] satisfies AuthErrorCode[]);

// Callers in this tab share one refresh; callers in other tabs wait for the Web Lock.
const running = new Map<string, Promise<RefreshOutcome>>();

/**
 * Renews the tokens of an instance, unless somebody else did so meanwhile: any session whose access token differs
 * from `staleAccessToken` is returned as it is. However many tabs and callers ask at once, one request is sent, so
 * that no honest tab is taken for a thief who replays a rotated refresh token (RFC 9700 section 4.14).
 *
 * @throws {AuthError} `insecure-context`
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-6 RFC 6749 section 6}
 */
export function refreshSession(
  baseUrl: string,
  staleAccessToken: string,
  seams: AuthSeams = {},
): Promise<RefreshOutcome> {
  const alreadyRunning = running.get(baseUrl);
  if (alreadyRunning) return alreadyRunning;
  const refresh = refreshInsideLock(baseUrl, staleAccessToken, seams).finally(() => running.delete(baseUrl));
  running.set(baseUrl, refresh);
  return refresh;
}

async function refreshInsideLock(
  baseUrl: string,
  staleAccessToken: string,
  seams: AuthSeams,
): Promise<RefreshOutcome> {
  assertSecureContext();
  return await navigator.locks.request(`holdfast.refresh.${baseUrl}`, async () => {
    const { session, signedOutReason } = readSession(baseUrl);
    if (session === undefined) return { outcome: 'ended', reason: signedOutReason };
    if (session.accessToken !== staleAccessToken) return { outcome: 'renewed', session };
    return await refresh(baseUrl, session, seams);
  });
}

async function refresh(baseUrl: string, session: StoredSession, seams: AuthSeams): Promise<RefreshOutcome> {
  let metadata: CloudMetadata;
  let tokens: IssuedTokens;
  try {
    const dpop = await loadDpopKey(session.dpopKeyId);
    if (dpop === undefined) return end(baseUrl, session, keyMissing);
    metadata = await discoverCloud(session.issuer, seams);
    tokens = await requestTokens(metadata, session, dpop, seams);
  } catch (error) {
    if (error instanceof AuthError && !cloudFailures.has(error.code)) return { outcome: 'postponed', error };
    const failure = judgeTokenEndpointFailure(error);
    if (failure.kind === 'refused' && finalErrors.has(failure.error)) {
      const newer = newerThan(session, baseUrl);
      if (newer) return { outcome: 'renewed', session: newer };
      return end(baseUrl, session, refusedReason(failure, session, (seams.now ?? Date.now)()));
    }
    return { outcome: 'postponed', error: postponedError(session, failure) };
  }
  const renewed = renewedSession(session, tokens, metadata, (seams.now ?? Date.now)());
  const newer = newerThan(session, baseUrl);
  // These tokens are of its sign-in, too: to revoke them would end it.
  if (newer?.dpopKeyId === session.dpopKeyId) return { outcome: 'renewed', session: newer };
  if (newer || !readSession(baseUrl).session) {
    // The person signed out, or in anew, while the cloud was answering: these tokens have no owner any more.
    await revokeRefreshToken(renewed, seams);
    const current = readSession(baseUrl);
    return current.session
      ? { outcome: 'renewed', session: current.session }
      : { outcome: 'ended', reason: current.signedOutReason };
  }
  saveSession(baseUrl, renewed);
  return { outcome: 'renewed', session: renewed };
}

/**
 * What is stored by now, if that is not `session` any more. A tab may have the Web Lock and yet read a session of before
 * another tab renewed it, because browsers carry localStorage from process to process in their own time.
 */
function newerThan(session: StoredSession, baseUrl: string): StoredSession | undefined {
  const current = readSession(baseUrl).session;
  return current?.refreshToken === session.refreshToken ? undefined : current;
}

async function requestTokens(
  metadata: CloudMetadata,
  { clientId, refreshToken, resource }: StoredSession,
  dpop: oauth.DPoPHandle,
  seams: AuthSeams,
): Promise<IssuedTokens> {
  const client = { client_id: clientId };
  const answer = await withDpopNonce(async () => {
    const response = await oauth.refreshTokenGrantRequest(
      metadata.server,
      client,
      oauth.None(),
      refreshToken,
      {
        DPoP: dpop,
        additionalParameters: { resource },
        [oauth.customFetch]: cloudFetch(seams),
        ...transportOptions(metadata.issuer),
      },
    );
    return await oauth.processRefreshTokenResponse(metadata.server, client, response);
  });
  return judgeTokens(metadata, answer);
}

function renewedSession(
  session: StoredSession,
  tokens: IssuedTokens,
  { lifetimes }: CloudMetadata,
  now: number,
): StoredSession {
  return {
    ...session,
    accessToken: tokens.accessToken,
    accessTokenIssuedAt: now,
    accessTokenExpiresAt: now + tokens.accessTokenLifetimeSeconds * 1000,
    refreshToken: tokens.refreshToken ?? session.refreshToken,
    refreshTokenExpiresAt: Math.min(
      now + lifetimes.refreshTokenIdle * 1000,
      session.refreshTokenAbsoluteExpiresAt,
    ),
  };
}

function end(baseUrl: string, { dpopKeyId }: StoredSession, reason: SignedOutReason): RefreshOutcome {
  endSession(baseUrl, reason);
  void deleteDpopKey(dpopKeyId);
  return { outcome: 'ended', reason };
}

const keyMissing: SignedOutReason = {
  code: 'dpop-key-missing',
  message:
    'You were signed out because this browser no longer has the key that your sign-in was bound to; its site data was probably cleared. Sign in again.',
};

function refusedReason(
  { error, description }: Extract<TokenEndpointFailure, { kind: 'refused' }>,
  session: StoredSession,
  now: number,
): SignedOutReason {
  if (error === 'invalid_grant' && now >= session.refreshTokenAbsoluteExpiresAt) {
    return {
      code: error,
      message: 'You were signed out because your sign-in reached its longest lifetime. Sign in again.',
    };
  }
  if (error === 'invalid_grant' && now >= session.refreshTokenExpiresAt) {
    return {
      code: error,
      message: 'You were signed out because you had not used this instance for too long. Sign in again.',
    };
  }
  if (error === 'invalid_grant') {
    return {
      code: error,
      message: `You were signed out because the cloud at ${session.issuer} no longer accepts your sign-in; it may have been ended elsewhere, or the instance has started over. Sign in again.`,
    };
  }
  return {
    code: error,
    message: `You were signed out because the cloud at ${session.issuer} refused to renew your sign-in: ${(description ?? error).replace(/\.?$/, '.')} Sign in again if you should have access.`,
  };
}

function postponedError({ issuer }: StoredSession, failure: TokenEndpointFailure): AuthError {
  if (failure.kind === 'refused') {
    return new AuthError(
      failure.error,
      `Your sign-in could not be renewed because the cloud at ${issuer} refused the request: ${failure.description ?? failure.error} Check that the clock of this device is right; the page tries again by itself.`,
    );
  }
  return new AuthError(
    failure.kind === 'unreachable' ? 'cloud-unreachable' : 'invalid-cloud-response',
    `Your sign-in could not be renewed because the cloud at ${issuer} does not answer properly. You are still signed in; check that the cloud is running, the page tries again by itself.`,
  );
}
