import { queryOptions } from '@tanstack/react-query';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';

/** How one gets into this cloud. */
export interface Entry {
  /** False where links go to the log of whoever runs the cloud. */
  sends_mail: boolean;
  /** Who may create an account: everybody, whoever has an invitation, nobody. */
  sign_up: 'open' | 'invite' | 'closed';
  /** There is no account yet that could sign in, and anybody may create one. */
  first_account: boolean;
}

export const entryQuery = queryOptions({
  queryKey: ['entry'],
  queryFn: ({ signal }) => cloudRequest<Entry>('/api/entry', { signal }),
  // Who comes first may be somebody else, in another browser.
  staleTime: ({ state }) => (state.data?.first_account ? 0 : 60_000),
  retry: retryUnreachable,
});

/** Whether an invitation is good, as it was when its link was opened: to sign up uses it up. */
export const inviteQuery = (token: string) =>
  queryOptions({
    queryKey: ['invite', token],
    queryFn: ({ signal }) =>
      cloudRequest<{ good: boolean }>('/api/links/invite', { body: { token }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: retryUnreachable,
  });

/** Whether the account's address is confirmed. */
export const emailQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['email', accountId],
    queryFn: ({ signal }) => cloudRequest<{ verified: boolean }>('/api/account/email', { signal }),
    retry: retryUnreachable,
  });

/** Asks for a link that confirms the account's address. */
export async function requestVerification(): Promise<void> {
  await cloudRequest('/api/account/email/verification', { body: {} });
}

/** Asks for a link for a new password; the answer does not say whether there is an account. */
export async function requestPasswordReset(email: string): Promise<void> {
  await cloudRequest('/api/links/password-reset', { body: { email } });
}

export interface PasswordReset {
  /** How many passkeys the account has, which sign in without the new password. */
  passkeys: number;
  /** How many keys that the account has made still register instances. */
  registration_keys: number;
  /** Whether passkeys, two-step sign-in or registration keys went, because nobody had confirmed the address before. */
  removed: boolean;
}

/**
 * Replaces a forgotten password.
 *
 * @throws {CloudError} `useless_link`, `password_too_weak`, …
 */
export async function redeemPasswordReset(fields: {
  token: string;
  password: string;
}): Promise<PasswordReset> {
  return cloudRequest<PasswordReset>('/api/links/password-reset/redeem', { body: fields });
}

/** @throws {CloudError} `useless_link` or `wrong_password` */
export async function redeemVerification(fields: { token: string; password: string }): Promise<void> {
  await cloudRequest('/api/links/email/redeem', { body: fields });
}
