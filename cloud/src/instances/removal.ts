import type { SignedInAccount } from '../accounts/accounts.ts';
import { inLiveSession } from '../accounts/live-session.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { OnDeregistered } from '../provider/client-adapter.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import { deregister } from './deregistration.ts';

export interface RemovalContext {
  readonly database: Database;
  readonly resources: InstanceResources;
  readonly onDeregistered: OnDeregistered;
  readonly logger: Logger;
}

/** Removes an instance for an account. Returns whether there was one that the account is an owner of. */
export type RemoveInstance = (
  account: Pick<SignedInAccount, 'id' | 'sessionId'>,
  clientId: string,
) => Promise<boolean>;

/**
 * How an owner removes an instance, for good, as if it had deleted its registration itself.
 *
 * @throws {HttpError} as `assertLiveSession`
 */
export function instanceRemoval({
  database,
  resources,
  onDeregistered,
  logger,
}: RemovalContext): RemoveInstance {
  return async ({ id: accountId, sessionId }, clientId) => {
    const isRemoved = await inLiveSession(database, sessionId, async (transaction) => {
      const owned = await transaction
        .selectFrom('instances')
        .innerJoin('workspace_members', 'workspace_members.workspace_id', 'instances.workspace_id')
        .select('instances.client_id')
        .where('instances.client_id', '=', clientId)
        .where('workspace_members.account_id', '=', accountId)
        .where('workspace_members.role', '=', 'owner')
        .executeTakeFirst();
      if (!owned) return false;
      await deregister(transaction, resources, [clientId]);
      return true;
    });
    if (isRemoved) {
      onDeregistered(clientId);
      logger.info({ clientId }, 'an instance was removed by an owner');
    }
    return isRemoved;
  };
}
