import * as oauth from 'oauth4webapi';
import { createApprovalPages } from './approval-proof.ts';
import { type AuthSeams, invalidCloudResponse } from './cloud-fetch.ts';
import { type CloudMetadata, discoverCloud } from './cloud-metadata.ts';
import { pollForTokens, requestDeviceAuthorization } from './device-authorization.ts';
import { createDpopKey, deleteDpopKey } from './dpop-key.ts';
import { AuthError } from './errors.ts';
import { assertSecureContext, isConfidential } from './secure-context.ts';
import type { IssuedTokens } from './token-endpoint.ts';
import { readSession, type StoredSession, saveSession } from './token-store.ts';
import type { WaitingPage } from './waiting-page.ts';

/**
 * Keys of sign-ins that this page began and has not finished, by resource. Whoever tries again uses the same, so that the
 * cloud lets the code before expire: a browser has one live code per instance.
 */
const unfinished = new Map<string, CryptoKeyPair>();

/** The instance to sign in to, as it describes itself. */
export interface SignInTarget {
  /** Origin of the instance. */
  baseUrl: string;
  issuer: string;
  /** This app's own client ID at the cloud. */
  clientId: string;
  resource: string;
}

/** Where a sign-in stands. The last four are final. */
export type SignInState =
  | { step: 'starting' }
  | {
      step: 'pending';
      userCode: string;
      verificationUri: string;
      verificationUriComplete: string;
      /** What an approval page asks for that cannot tell that the sign-in began here. */
      matchCode: string | undefined;
      /** It has been opened already so that it can tell. */
      isApprovalPageOpen: boolean;
      /** Opens the approval page so that it can tell. Returns false if the browser does not let it. */
      openApprovalPage: () => boolean;
      /** Milliseconds since the epoch. */
      expiresAt: number;
      /** The cloud does not answer at the moment; polling goes on. */
      cloudUnreachable: boolean;
    }
  | { step: 'signed-in' }
  | { step: 'denied'; message: string }
  | { step: 'expired' }
  | { step: 'failed'; code: string; message: string };

export interface SignInOptions extends AuthSeams {
  onState: (state: SignInState) => void;
  /** Aborting it cancels the sign-in. */
  signal: AbortSignal;
  /** Becomes the approval page; closed where there is none. */
  waitingPage?: WaitingPage | undefined;
}

/**
 * Signs a person in to an instance by device authorization and stores the session. Resolves to the final state, which
 * `onState` was also told.
 *
 * @throws the reason of `signal` when the caller cancels
 * @see {@link https://www.rfc-editor.org/rfc/rfc8628 RFC 8628}
 */
export async function signIn(target: SignInTarget, options: SignInOptions): Promise<SignInState> {
  options.onState({ step: 'starting' });
  using _closedUnlessUsed = options.waitingPage;
  let final: SignInState;
  try {
    final = await authorizeDevice(target, options);
  } catch (error) {
    options.signal.throwIfAborted();
    final = failedState(target, error);
  }
  options.onState(final);
  return final;
}

async function authorizeDevice(target: SignInTarget, options: SignInOptions): Promise<SignInState> {
  const { onState, signal } = options;
  assertSecureContext();
  assertConfidentialInstance(target.baseUrl);
  const metadata = await discoverCloud(target.issuer, options, signal);
  const key = await createDpopKey(unfinished.get(target.resource));
  unfinished.set(target.resource, key.keyPair);
  let signedIn = false;
  try {
    const client = { metadata, clientId: target.clientId, resource: target.resource };
    const pending = await requestDeviceAuthorization(client, key.handle, signal, options);
    using pages = createApprovalPages({
      cloudOrigin: metadata.issuer.origin,
      userCode: pending.userCode,
      verificationUriComplete: pending.verificationUriComplete,
      keyPair: key.keyPair,
      waitingPage: options.waitingPage,
    });
    const pendingState = (cloudUnreachable: boolean): SignInState => ({
      step: 'pending',
      userCode: pending.userCode,
      verificationUri: pending.verificationUri,
      verificationUriComplete: pending.verificationUriComplete,
      matchCode: pending.matchCode,
      isApprovalPageOpen: pages.isOpen,
      openApprovalPage: pages.open,
      expiresAt: pending.expiresAt,
      cloudUnreachable,
    });
    onState(pendingState(false));
    const result = await pollForTokens(
      client,
      pending,
      key.handle,
      { onReachability: (reachable) => onState(pendingState(!reachable)), decided: pages.decided },
      signal,
      options,
    );
    switch (result.outcome) {
      case 'approved':
        await replaceSession(
          target,
          newSession(target, result.tokens, metadata, key.id, options.now ?? Date.now),
        );
        signedIn = true;
        unfinished.delete(target.resource);
        return { step: 'signed-in' };
      case 'denied':
        return {
          step: 'denied',
          message: result.description ?? 'The sign-in was denied on the page of the cloud.',
        };
      case 'expired':
        return { step: 'expired' };
      case 'refused':
        return refusedState(target, result.error, result.description);
      default:
        return result satisfies never;
    }
  } finally {
    if (!signedIn) await deleteDpopKey(key.id);
  }
}

function newSession(
  { issuer, clientId, resource }: SignInTarget,
  tokens: IssuedTokens,
  { lifetimes }: CloudMetadata,
  dpopKeyId: string,
  clock: () => number,
): StoredSession {
  const now = clock();
  if (tokens.refreshToken === undefined) {
    throw new AuthError(
      'invalid-cloud-response',
      `The cloud at ${issuer} issued no refresh token, so the sign-in could not be kept. Ask whoever runs this cloud to update it.`,
    );
  }
  const refreshTokenAbsoluteExpiresAt = now + lifetimes.refreshTokenAbsolute * 1000;
  return {
    issuer,
    clientId,
    resource,
    accessToken: tokens.accessToken,
    accessTokenIssuedAt: now,
    accessTokenExpiresAt: now + tokens.accessTokenLifetimeSeconds * 1000,
    refreshToken: tokens.refreshToken,
    refreshTokenExpiresAt: Math.min(now + lifetimes.refreshTokenIdle * 1000, refreshTokenAbsoluteExpiresAt),
    refreshTokenAbsoluteExpiresAt,
    dpopKeyId,
    signedInAt: now,
  };
}

async function replaceSession({ baseUrl }: SignInTarget, session: StoredSession): Promise<void> {
  const previous = readSession(baseUrl).session;
  saveSession(baseUrl, session);
  if (previous) await deleteDpopKey(previous.dpopKeyId);
}

/** What a token would be sent to must not be readable on the way there. */
function assertConfidentialInstance(baseUrl: string): void {
  if (isConfidential(new URL(baseUrl))) return;
  throw new AuthError(
    'insecure-instance',
    `The connection to ${baseUrl} is not encrypted, so everybody on the way could read what this instance stores. Put it behind https, or reach it through an SSH tunnel as http://localhost, and sign in there.`,
  );
}

function failedState(target: SignInTarget, error: unknown): SignInState {
  if (error instanceof AuthError) return { step: 'failed', code: error.code, message: error.message };
  if (error instanceof oauth.ResponseBodyError)
    return refusedState(target, error.error, error.error_description);
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    const { code, message } = invalidCloudResponse(target.issuer);
    return { step: 'failed', code, message };
  }
  throw error;
}

function refusedState({ issuer }: SignInTarget, code: string, description: string | undefined): SignInState {
  if (code === 'access_denied')
    return { step: 'denied', message: description ?? 'The cloud denied the sign-in.' };
  if (code === 'invalid_target') {
    return {
      step: 'failed',
      code,
      message: `The cloud at ${issuer} does not know this instance. Restart the instance, which makes it register again if it has to, then try again.`,
    };
  }
  if (code === 'invalid_dpop_proof') {
    return {
      step: 'failed',
      code,
      message: `The cloud at ${issuer} did not accept this browser's proof of its key: ${description ?? code}. Set the clock of this device right, then try again.`,
    };
  }
  return {
    step: 'failed',
    code,
    message: `The cloud at ${issuer} refused the sign-in: ${description ?? code}. Try again; if it happens again, ask whoever runs this cloud.`,
  };
}
