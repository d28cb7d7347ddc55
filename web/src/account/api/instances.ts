import { queryOptions } from '@tanstack/react-query';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';

/** An instance that one of the account's workspaces owns. */
export interface OwnedInstance {
  client_id: string;
  name: string | null;
  /** ISO 8601 */
  claimed_at: string;
  /** What the account is in the workspace; an owner may remove the instance. */
  role: 'owner' | 'admin' | 'member' | 'viewer';
  /** From where the account, or an owner, has signed in to it: a few, the latest first. `used_at` is ISO 8601. */
  origins: readonly { origin: string; used_at: string }[];
}

/** The instances of one account; the account is part of the key, so that another never sees them. */
export const ownedInstancesQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['instances', accountId],
    queryFn: async ({ signal }) =>
      (await cloudRequest<{ instances: OwnedInstance[] }>('/api/instances', { signal })).instances,
    retry: retryUnreachable,
  });

/** Removes an instance for good. @throws {CloudError} `confirmation_required`, `unknown_instance`, … */
export async function removeInstance(clientId: string): Promise<void> {
  await cloudRequest('/api/account/instances/remove', { body: { client_id: clientId } });
}
