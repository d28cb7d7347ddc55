import { queryOptions } from '@tanstack/react-query';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';

/** Whether a key works, or why not; `orphaned` when whoever made it may not register instances there any more. */
export type RegistrationKeyState = 'working' | 'used_up' | 'expired' | 'revoked' | 'orphaned';

/** A key that was made, without the key itself. Instants are ISO 8601. */
export interface RegistrationKey {
  id: string;
  /** Workspace ID. */
  workspace: string;
  label: string;
  /** An email address; null for whoever runs the cloud. */
  made_by: string | null;
  created_at: string;
  expires_at: string;
  uses_allowed: number;
  uses: number;
  last_used_at: string | null;
  state: RegistrationKeyState;
}

export interface Workspace {
  id: string;
  name: string;
}

/** The workspaces that the account owns, its own first, and their keys, the newest first. */
export interface RegistrationKeys {
  workspaces: Workspace[];
  keys: RegistrationKey[];
}

export const registrationKeysQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['registration-keys', accountId],
    queryFn: ({ signal }) => cloudRequest<RegistrationKeys>('/api/account/registration-keys', { signal }),
    retry: retryUnreachable,
  });

export interface NewRegistrationKey {
  /** Workspace ID. */
  workspace: string;
  label: string;
  lifetime_seconds: number;
  uses: number;
}

/** Makes a key, and returns it this once. @throws {CloudError} `confirmation_required`, `too_many_keys`, … */
export async function createRegistrationKey(key: NewRegistrationKey): Promise<string> {
  return (await cloudRequest<{ key: string }>('/api/account/registration-keys/create', { body: key })).key;
}

/** @throws {CloudError} `unknown_key` when it was revoked already */
export async function revokeRegistrationKey(id: string): Promise<void> {
  await cloudRequest('/api/account/registration-keys/revoke', { body: { id } });
}
