import { queryOptions } from '@tanstack/react-query';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';

/** One browser in which the account is signed in to the cloud. Instants are ISO 8601. */
export interface AccountSession {
  id: string;
  address: string | null;
  user_agent: string | null;
  signed_in_at: string;
  last_used_at: string;
  /** At how many the sign-ins that were approved in it go on. */
  instances: number;
  /** This browser's own. */
  current: boolean;
}

/** The account's sessions, last use first. */
export const accountSessionsQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['account-sessions', accountId],
    queryFn: async ({ signal }) =>
      (await cloudRequest<{ sessions: AccountSession[] }>('/api/account/sessions', { signal })).sessions,
    retry: retryUnreachable,
  });

/** Ends one session. @throws {CloudError} `unknown_session` when it has already ended */
export async function endSession(sessionId: string): Promise<void> {
  await cloudRequest('/api/account/sessions/end', { body: { session_id: sessionId } });
}

/** Ends every session but this browser's. */
export async function endOtherSessions(): Promise<void> {
  await cloudRequest('/api/account/sessions/end-others', { body: {} });
}
