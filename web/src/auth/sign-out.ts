import type { AuthSeams } from './cloud-fetch.ts';
import { deleteDpopKey } from './dpop-key.ts';
import { revokeRefreshToken } from './revocation.ts';
import { endSession, readSession } from './token-store.ts';

/**
 * Signs out of the instance: forgets tokens and key in this browser at once, then revokes the grant at the cloud.
 * `revoked` is false when the cloud did not confirm it; the grant then ends by itself, unused and without its key.
 */
export async function signOut(baseUrl: string, seams: AuthSeams = {}): Promise<{ revoked: boolean }> {
  const { session } = readSession(baseUrl);
  endSession(baseUrl);
  if (session === undefined) return { revoked: false };
  const [revoked] = await Promise.all([revokeRefreshToken(session, seams), deleteDpopKey(session.dpopKeyId)]);
  return { revoked };
}
