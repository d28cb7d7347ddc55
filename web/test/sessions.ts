import { createDpopKey } from '../src/auth/dpop-key.ts';
import { type StoredSession, saveSession } from '../src/auth/token-store.ts';
import { clientId, issuer, lifetimes, resource } from './test-cloud.ts';

export const baseUrl = 'https://box.test';

/** A session as a sign-in leaves it behind, without its key. A token that ends at another time was issued at another. */
export function sessionWith(changes: Partial<StoredSession> = {}): StoredSession {
  const now = Date.now();
  const { accessTokenExpiresAt = now + lifetimes.accessToken * 1_000 } = changes;
  return {
    issuer,
    clientId,
    resource,
    accessToken: 'access-token-1',
    accessTokenIssuedAt: accessTokenExpiresAt - lifetimes.accessToken * 1_000,
    accessTokenExpiresAt,
    refreshToken: 'refresh-token-1',
    refreshTokenExpiresAt: now + lifetimes.refreshTokenIdle * 1_000,
    refreshTokenAbsoluteExpiresAt: now + lifetimes.refreshTokenAbsolute * 1_000,
    dpopKeyId: 'key-1',
    signedInAt: now,
    ...changes,
  };
}

/** Signs the browser of the test in, with a key of its own. */
export async function storeSession(
  changes: Partial<StoredSession> = {},
  instance = baseUrl,
): Promise<StoredSession> {
  const { id } = await createDpopKey();
  const session = sessionWith({ dpopKeyId: id, ...changes });
  saveSession(instance, session);
  return session;
}
