import { queryOptions } from '@tanstack/react-query';
import { askOpener } from '../device/ask-opener.ts';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';

/** What the cloud knows about a pending device authorization (RFC 8628); every instant is ISO 8601. */
export interface DeviceRequest {
  user_code: string;
  requested_at: string;
  expires_at: string;
  requested_from: { address: string; user_agent: string; origin: string | null };
  instance: {
    client_id: string;
    name: string | null;
    claimed: boolean;
    /** Somebody else owns it, and the account is in no workspace that does: an approval would be refused. */
    foreign: boolean;
    registered_at: string;
    /** At which addresses this account, or an owner, used it: a few, the page that asks first if it is one of them. */
    known_origins: readonly string[];
  };
  /** Which page may prove that the login began in this browser, and what it has to sign; null if none can. */
  binding: { origin: string; challenge: string } | null;
}

/** A request that was looked up, with the proof that it began in this browser, if it did. */
export interface FoundRequest {
  request: DeviceRequest;
  proof: string | undefined;
}

/**
 * The pending request that a user code names, asked for once: every lookup counts as a try of the code.
 *
 * @throws {CloudError} `invalid_user_code`, `expired_token`, `already_decided`, `login_required`
 */
export const deviceRequestQuery = (accountId: string, userCode: string) =>
  queryOptions({
    queryKey: ['device-request', accountId, userCode],
    queryFn: async ({ signal }): Promise<FoundRequest> => {
      const request = await cloudRequest<DeviceRequest>('/api/device/lookup', {
        body: { user_code: userCode, account_id: accountId },
        signal,
      });
      return { request, proof: await askOpener(request.binding, signal) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: retryUnreachable,
  });

export interface DeviceDecision {
  /** The account that the person sees; the cloud refuses the decision when another one is signed in. */
  accountId: string;
  userCode: string;
  approve: boolean;
  /** The name that an unclaimed instance gets when its owner claims it. */
  instanceName?: string;
  /** Approvals need one of these two: the proof of the page that began the login, or its match code. */
  proof?: string;
  matchCode?: string;
}

/**
 * Approves or denies.
 *
 * @throws {CloudError} as the lookup does; `access_denied` for somebody else's instance; `invalid_proof`,
 *   `wrong_match_code`, `match_codes_used_up`
 */
export async function decideDeviceRequest({
  accountId,
  userCode,
  approve,
  instanceName,
  proof,
  matchCode,
}: DeviceDecision): Promise<void> {
  if (approve) {
    await cloudRequest('/api/device/approve', {
      body: {
        user_code: userCode,
        account_id: accountId,
        instance_name: instanceName,
        proof,
        match_code: matchCode,
      },
    });
  } else {
    await cloudRequest('/api/device/deny', { body: { user_code: userCode, account_id: accountId } });
  }
}
