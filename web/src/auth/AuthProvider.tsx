import { type ReactNode, useCallback, useEffect, useSyncExternalStore } from 'react';
import { startSilentRenewal } from './silent-renewal.ts';
import { readSession, type SessionRecord, subscribeToSessions } from './token-store.ts';

/** Keeps people signed in while its page is open. Put it around everything, once. */
export function AuthProvider({ children }: { children: ReactNode }) {
  useEffect(() => startSilentRenewal(), []);
  return children;
}

/** The session of the instance at `baseUrl`, live across tabs, or why there is none any more. */
export function useSession(baseUrl: string): SessionRecord {
  return useSyncExternalStore(
    subscribeToSessions,
    useCallback(() => readSession(baseUrl), [baseUrl]),
  );
}
