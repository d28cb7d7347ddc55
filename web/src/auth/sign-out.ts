import type { DPoPHandle } from 'oauth4webapi';
import type { AuthSeams } from './cloud-fetch.ts';
import { deleteDpopKey, loadDpopKey } from './dpop-key.ts';
import { revokeRefreshToken } from './revocation.ts';
import { isConfidential } from './secure-context.ts';
import { requestWithToken } from './token-request.ts';
import { endSession, readSession, type StoredSession } from './token-store.ts';

/** An instance that does not answer must not keep the cloud from hearing of a sign-out. */
const patienceMilliseconds = 2_000;

/**
 * Signs out of the instance: forgets the tokens in this browser at once, tells the instance, which lets them in no more
 * and notes who signed out, and then revokes the grant at the cloud. The key is forgotten as soon as it has signed for
 * the instance. `revoked` is false when the cloud did not confirm it; the grant then ends by itself, unused and without
 * its key.
 */
export async function signOut(baseUrl: string, seams: AuthSeams = {}): Promise<{ revoked: boolean }> {
  const { session } = readSession(baseUrl);
  endSession(baseUrl);
  if (session === undefined) return { revoked: false };
  const dpop = await loadDpopKey(session.dpopKeyId).catch(() => undefined);
  const forgotten = deleteDpopKey(session.dpopKeyId);
  if (dpop) await tellInstance(baseUrl, session, dpop, seams);
  const [revoked] = await Promise.all([revokeRefreshToken(session, seams), forgotten]);
  return { revoked };
}

/** Where that is not possible, the instance hears from the cloud that the sign-in has ended. */
async function tellInstance(
  baseUrl: string,
  { accessToken, accessTokenExpiresAt }: StoredSession,
  dpop: DPoPHandle,
  seams: AuthSeams,
): Promise<void> {
  const url = new URL('/graphql', baseUrl);
  // With a token that has expired it would only be a refusal in the audit log.
  if (!isConfidential(url) || (seams.now ?? Date.now)() >= accessTokenExpiresAt) return;
  const request = {
    url,
    method: 'POST',
    headers: new Headers({ 'Content-Type': 'application/json' }),
    body: new TextEncoder().encode(JSON.stringify({ query: 'mutation SignOut { signOut }' })).buffer,
    signal: AbortSignal.timeout(patienceMilliseconds),
  };
  try {
    await requestWithToken(request, accessToken, dpop, seams);
  } catch {
    // An older instance, one that is out of reach, or one that has heard of it already.
  }
}
