import type { AuthSeams } from './cloud-fetch.ts';
import { AuthError } from './errors.ts';
import { refreshSession } from './refresh.ts';
import { silentRenewalTime } from './renewal-time.ts';
import { readSession, sessionBaseUrls, subscribeToSessions } from './token-store.ts';

const firstRetryMilliseconds = 5_000;
const longestRetryMilliseconds = 60_000;

/**
 * Keeps every session of this browser fresh while a page is open, so that nobody waits for a renewal or loses a
 * sign-in by reading for long. Tabs need no leader: the Web Lock lets one renew and the others find it done. Returns
 * how to stop.
 */
export function startSilentRenewal(seams: AuthSeams = {}): () => void {
  const now = seams.now ?? Date.now;
  const failures = new Map<string, number>();
  const retryAt = new Map<string, number>();
  const busy = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const schedule = () => {
    clearTimeout(timer);
    if (stopped) return;
    const dueTimes = sessionBaseUrls().flatMap((baseUrl) =>
      busy.has(baseUrl) ? [] : (dueAt(baseUrl) ?? []),
    );
    if (dueTimes.length === 0) return;
    timer = setTimeout(renewDue, Math.max(0, Math.min(...dueTimes) - now()));
  };

  const dueAt = (baseUrl: string): number | undefined => {
    const { session } = readSession(baseUrl);
    return session && Math.max(silentRenewalTime(session), retryAt.get(baseUrl) ?? 0);
  };

  const renewDue = () => {
    for (const baseUrl of sessionBaseUrls()) {
      const due = dueAt(baseUrl);
      if (due !== undefined && due <= now() && !busy.has(baseUrl)) void renew(baseUrl);
    }
    schedule();
  };

  const renew = async (baseUrl: string) => {
    const { session } = readSession(baseUrl);
    if (session === undefined) return;
    busy.add(baseUrl);
    try {
      const { outcome } = await refreshSession(baseUrl, session.accessToken, seams);
      if (outcome === 'postponed') postpone(baseUrl);
      else settle(baseUrl);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      // Without a secure context nothing can be renewed; the page that needs a token says so.
      postpone(baseUrl);
    } finally {
      busy.delete(baseUrl);
      schedule();
    }
  };

  const postpone = (baseUrl: string) => {
    const count = failures.get(baseUrl) ?? 0;
    failures.set(baseUrl, count + 1);
    retryAt.set(baseUrl, now() + Math.min(firstRetryMilliseconds * 2 ** count, longestRetryMilliseconds));
  };
  const settle = (baseUrl: string) => {
    failures.delete(baseUrl);
    // However soon tokens end, their cloud is given a pause.
    retryAt.set(baseUrl, now() + firstRetryMilliseconds);
  };

  // A device that wakes or is online again should not wait for a timer that slept with it.
  const retryNow = () => {
    retryAt.clear();
    renewDue();
  };
  const unsubscribe = subscribeToSessions(schedule);
  window.addEventListener('online', retryNow);
  document.addEventListener('visibilitychange', renewDue);
  renewDue();
  return () => {
    stopped = true;
    clearTimeout(timer);
    unsubscribe();
    window.removeEventListener('online', retryNow);
    document.removeEventListener('visibilitychange', renewDue);
  };
}
