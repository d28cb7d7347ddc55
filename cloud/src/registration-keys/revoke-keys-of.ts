import type { Database } from '../database/database.ts';

/**
 * Revokes the keys that an account has made, of one workspace or of all, and that could register something: now, or when
 * the account gets back the rights that it loses. Returns whether there were any.
 */
export async function revokeKeysOf(
  transaction: Database,
  accountId: string,
  workspaceId?: string,
): Promise<boolean> {
  const now = Date.now();
  const update = transaction
    .updateTable('registration_keys')
    .set({ revoked_at: now })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('uses', '<', 'uses_allowed');
  const { numUpdatedRows } = await (workspaceId === undefined
    ? update
    : update.where('workspace_id', '=', workspaceId)
  ).executeTakeFirst();
  return numUpdatedRows > 0n;
}
