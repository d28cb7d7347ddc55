import type { Database } from '../database/database.ts';
import { deregister } from '../instances/deregistration.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import { hasAbleHolder } from './key-holder.ts';
import { instanceNameOf } from './key-label.ts';
import { findEarlierRegistration } from './registration-attempt.ts';

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

/** With what an instance asks to be registered. */
export interface PresentedKey {
  readonly key: string;
  /** What tells a repetition from another registration: see `registrationAttemptIn`. */
  readonly attempt: string | undefined;
}

/** The key is good, but its workspace has as many instances as it may. The key was not used up. */
export class WorkspaceFullError extends Error {
  override readonly name = 'WorkspaceFullError';
}

/**
 * Records an instance that belongs to the workspace of a registration key, and uses the key up: both or neither. One
 * conditional UPDATE decides between rivals. It finds the key by its hash, so the time that takes tells nothing of it.
 *
 * Whoever repeats an attempt, since they had no answer, gets a registration in the place of the one that they never used:
 * that is one use. Nobody else is told anything of it, as its secret is not known here; and who has the key alone repeats
 * nothing.
 *
 * @returns false for a key that is unknown, expired, used up, revoked, or of somebody who may not register there any more
 * @throws {WorkspaceFullError}
 */
export async function registerByKey(
  database: Database,
  resources: InstanceResources,
  { key, attempt }: PresentedKey,
  instance: NewInstance,
): Promise<boolean> {
  // Of that key, so that an attempt with another one repeats nothing.
  const attemptHash = attempt === undefined ? null : hashIdentifier(`${key} ${attempt}`);
  return database.transaction().execute(async (transaction) => {
    const now = Date.now();
    const earlier =
      attemptHash === null ? undefined : await findEarlierRegistration(transaction, attemptHash);
    const replaced = earlier?.isUnused ? earlier : undefined;
    const redeemed = await transaction
      .updateTable('registration_keys')
      .set((row) => ({ uses: row('uses', '+', replaced ? 0 : 1), last_used_at: now }))
      .where('key_hash', '=', hashIdentifier(key))
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .where((row) => (replaced ? row.lit(true) : row('uses', '<', row.ref('uses_allowed'))))
      .where(hasAbleHolder)
      .returning(['workspace_id', 'label', 'uses_allowed', 'uses'])
      .executeTakeFirst();
    if (!redeemed) return false;
    if (replaced) await deregister(transaction, resources, [replaced.clientId]);
    else if (earlier) await forgetAttempt(transaction, earlier.clientId);
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
        name: replaced ? replaced.name : instanceNameOf(redeemed.label, redeemed.uses_allowed, redeemed.uses),
        attempt_hash: attemptHash,
        workspace_id: redeemed.workspace_id,
        claimed_at: now,
      })
      .execute();
    return true;
  });
}

/** Of an instance that runs, or of long ago: the attempt is another registration from now on. */
async function forgetAttempt(transaction: Database, clientId: string): Promise<void> {
  await transaction
    .updateTable('instances')
    .set({ attempt_hash: null })
    .where('client_id', '=', clientId)
    .execute();
}
