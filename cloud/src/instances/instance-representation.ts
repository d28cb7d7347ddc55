import type { Instance } from './instances.ts';

/** An instance as it is told itself. */
export function representation({ clientId, name, registeredAt, owner }: Instance) {
  return {
    client_id: clientId,
    name,
    registered_at: new Date(registeredAt).toISOString(),
    owner: owner && {
      workspace: owner.workspaceId,
      workspace_name: owner.workspaceName,
      claimed_at: new Date(owner.claimedAt).toISOString(),
    },
  };
}
