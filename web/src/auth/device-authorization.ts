import * as oauth from 'oauth4webapi';
import { abortableSleep } from './abortable-sleep.ts';
import { type AuthSeams, cloudFetch, invalidCloudResponse } from './cloud-fetch.ts';
import type { CloudMetadata } from './cloud-metadata.ts';
import { transportOptions } from './issuer.ts';
import { isConfidential } from './secure-context.ts';
import {
  type IssuedTokens,
  judgeTokenEndpointFailure,
  judgeTokens,
  withDpopNonce,
} from './token-endpoint.ts';

/** What this client asks for, and from whom. */
export interface DeviceClient {
  metadata: CloudMetadata;
  clientId: string;
  /** Names the instance (RFC 8707). */
  resource: string;
}

/** A login that waits for a person's approval. */
export interface PendingDeviceAuthorization {
  /** Redeems the login; a secret of this page. */
  deviceCode: string;
  userCode: string;
  verificationUri: string;
  verificationUriComplete: string;
  /** Two digits for an approval page that cannot tell that the login began here; a cloud may know none. */
  matchCode: string | undefined;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  intervalSeconds: number;
}

/** What goes on beside the polling. */
export interface PollSurroundings {
  /** Told when time-outs and outages of the cloud begin and end. */
  onReachability: (reachable: boolean) => void;
  /** Resolves when the person is said to have decided. */
  decided: Promise<void>;
}

export type DevicePollOutcome =
  | { outcome: 'approved'; tokens: IssuedTokens }
  | { outcome: 'denied'; description: string | undefined }
  | { outcome: 'expired' }
  | { outcome: 'refused'; error: string; description: string | undefined };

/** RFC 8628 section 3.2: "If no value is provided, clients MUST use 5 as the default." */
const defaultIntervalSeconds = 5;
/** RFC 8628 section 3.5: "the interval MUST be increased by 5 seconds for this and all subsequent requests". */
const slowDownSeconds = 5;
/** No back-off grows beyond this, so that the page notices soon when the cloud is back. */
const longestBackOffSeconds = 30;

/**
 * Starts a login at the cloud, bound to the key that will redeem it.
 *
 * @throws {AuthError} `cloud-unreachable`, `invalid-cloud-response`
 * @throws {oauth.ResponseBodyError} when the cloud refuses, such as `invalid_target` for an instance it does not know
 * @see {@link https://www.rfc-editor.org/rfc/rfc8628#section-3.1 RFC 8628 section 3.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-10 RFC 9449 section 10} for `dpop_jkt`
 */
export async function requestDeviceAuthorization(
  { metadata: { server, issuer }, clientId, resource }: DeviceClient,
  dpop: oauth.DPoPHandle,
  signal: AbortSignal,
  seams: AuthSeams = {},
): Promise<PendingDeviceAuthorization> {
  const client = { client_id: clientId };
  const response = await oauth.deviceAuthorizationRequest(
    server,
    client,
    oauth.None(),
    { resource, scope: 'instance', dpop_jkt: await dpop.calculateThumbprint() },
    { [oauth.customFetch]: cloudFetch(seams, signal), ...transportOptions(issuer) },
  );
  const answer = await oauth.processDeviceAuthorizationResponse(server, client, response);
  const verificationUriComplete = answer.verification_uri_complete ?? answer.verification_uri;
  // The page turns these into links: no other scheme, such as `javascript:`, may get there.
  if (![answer.verification_uri, verificationUriComplete].every(isConfidentialUrl)) {
    throw invalidCloudResponse(issuer.origin);
  }
  return {
    deviceCode: answer.device_code,
    userCode: answer.user_code,
    verificationUri: answer.verification_uri,
    verificationUriComplete,
    matchCode: parseMatchCode(answer.match_code),
    expiresAt: (seams.now ?? Date.now)() + answer.expires_in * 1000,
    intervalSeconds: answer.interval ?? defaultIntervalSeconds,
  };
}

/**
 * Polls until the person has decided or the code has run out. It waits the interval before each request, except for one
 * that it makes as soon as it hears that the person has decided, and keeps polling, less often, through time-outs and
 * outages.
 *
 * @throws the reason of `signal` when the caller cancels
 * @see {@link https://www.rfc-editor.org/rfc/rfc8628#section-3.5 RFC 8628 section 3.5}
 */
export async function pollForTokens(
  client: DeviceClient,
  pending: PendingDeviceAuthorization,
  dpop: oauth.DPoPHandle,
  { onReachability, decided }: PollSurroundings,
  signal: AbortSignal,
  seams: AuthSeams = {},
): Promise<DevicePollOutcome> {
  const now = seams.now ?? Date.now;
  let { intervalSeconds } = pending;
  let failures = 0;
  // Once: whoever says so again does not make it poll faster.
  const hasDecided = new AbortController();
  void decided.then(() => hasDecided.abort());
  let wake = hasDecided.signal;
  while (true) {
    const delay = backOff(intervalSeconds, failures) * 1000;
    await sleepUntil(wake, Math.max(0, Math.min(delay, pending.expiresAt - now())), signal);
    if (wake.aborted) wake = never;
    if (now() >= pending.expiresAt) return { outcome: 'expired' };
    try {
      return { outcome: 'approved', tokens: await requestTokens(client, pending, dpop, signal, seams) };
    } catch (error) {
      signal.throwIfAborted();
      const failure = judgeTokenEndpointFailure(error);
      if (failure.kind !== 'refused') {
        // A page of a captive portal is no more an answer of the cloud than silence is.
        failures += 1;
        if (failures === 1) onReachability(false);
        continue;
      }
      if (failures > 0) onReachability(true);
      failures = 0;
      switch (failure.error) {
        case 'authorization_pending':
          break;
        case 'slow_down':
          intervalSeconds += slowDownSeconds;
          break;
        case 'access_denied':
          return { outcome: 'denied', description: failure.description };
        case 'expired_token':
          return { outcome: 'expired' };
        default:
          return { outcome: 'refused', error: failure.error, description: failure.description };
      }
    }
  }
}

const never = new AbortController().signal;

/** Waits, but no longer than until `wake` aborts. */
async function sleepUntil(wake: AbortSignal, milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await abortableSleep(milliseconds, AbortSignal.any([wake, signal]));
  } catch {
    signal.throwIfAborted();
  }
}

/**
 * Seconds to wait before the next request. RFC 8628 section 3.5: "the client MUST unilaterally reduce their polling
 * frequency before retrying. The use of an exponential backoff algorithm to achieve this, such as doubling the polling
 * interval on each such connection timeout, is RECOMMENDED."
 */
function backOff(intervalSeconds: number, failures: number): number {
  return Math.max(intervalSeconds, Math.min(intervalSeconds * 2 ** failures, longestBackOffSeconds));
}

async function requestTokens(
  { metadata, clientId, resource }: DeviceClient,
  { deviceCode }: PendingDeviceAuthorization,
  dpop: oauth.DPoPHandle,
  signal: AbortSignal,
  seams: AuthSeams,
): Promise<IssuedTokens> {
  const client = { client_id: clientId };
  const answer = await withDpopNonce(async () => {
    const response = await oauth.deviceCodeGrantRequest(metadata.server, client, oauth.None(), deviceCode, {
      DPoP: dpop,
      additionalParameters: { resource },
      [oauth.customFetch]: cloudFetch(seams, signal),
      ...transportOptions(metadata.issuer),
    });
    return await oauth.processDeviceCodeResponse(metadata.server, client, response);
  });
  return judgeTokens(metadata, answer);
}

function parseMatchCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{2}$/.test(value) ? value : undefined;
}

function isConfidentialUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && isConfidential(url);
}
