import type { Database } from '../database/database.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import { hasAbleHolder } from './key-holder.ts';
import { instanceNameOf } from './key-label.ts';

/**
 * How many instances a workspace may have before keys register no more there: a key works without anybody looking on, and
 * every owner's list has them all.
 */
export const maximumInstancesPerWorkspace = 1_000;

interface NewInstance {
  readonly client_id: string;
  readonly client_metadata: string;
  readonly client_secret_hash: string;
}

/** The key is good, but its workspace has as many instances as it may. The key was not used up. */
export class WorkspaceFullError extends Error {
  override readonly name = 'WorkspaceFullError';
}

/**
 * Records an instance that belongs to the workspace of a registration key, and uses the key up: both or neither. One
 * conditional UPDATE decides between rivals. It finds the key by its hash, so the time that takes tells nothing of it.
 *
 * @returns false for a key that is unknown, expired, used up, revoked, or of somebody who may not register there any more
 * @throws {WorkspaceFullError}
 */
export async function registerByKey(
  database: Database,
  key: string,
  instance: NewInstance,
): Promise<boolean> {
  return database.transaction().execute(async (transaction) => {
    const now = Date.now();
    const redeemed = await transaction
      .updateTable('registration_keys')
      .set((row) => ({ uses: row('uses', '+', 1), last_used_at: now }))
      .where('key_hash', '=', hashIdentifier(key))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .whereRef('uses', '<', 'uses_allowed')
      .where(hasAbleHolder)
      .returning(['workspace_id', 'label', 'uses_allowed', 'uses'])
      .executeTakeFirst();
    if (!redeemed) return false;
    const { count } = await transaction
      .selectFrom('instances')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('workspace_id', '=', redeemed.workspace_id)
      .executeTakeFirstOrThrow();
    if (count >= maximumInstancesPerWorkspace) throw new WorkspaceFullError();
    await transaction
      .insertInto('instances')
      .values({
        ...instance,
        registered_at: now,
        registered_from: null,
        name: instanceNameOf(redeemed.label, redeemed.uses_allowed, redeemed.uses),
        workspace_id: redeemed.workspace_id,
        claimed_at: now,
      })
      .execute();
    return true;
  });
}
