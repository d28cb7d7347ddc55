import { sql, type Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';
import { deleteRecords } from '../provider/delete-records.ts';
import type { InstanceResources } from '../provider/resource-server.ts';

/**
 * Removes instances with everything that was ever let into them: their own tokens, and the codes, grants and refresh
 * tokens of everybody who signed in to them. Whatever a request under way stores afterwards names an instance that is
 * gone, and is refused for that.
 *
 * @param transaction so that it happens all or not at all
 */
export async function deregister(
  transaction: Transaction<Tables>,
  resources: InstanceResources,
  clientIds: readonly string[],
): Promise<void> {
  const names = [...clientIds, ...clientIds.map((clientId) => resources.resourceOf(clientId))];
  await deleteRecords(transaction, sql<boolean>`instance in (${sql.join(names)})`);
  await transaction.deleteFrom('instance_origins').where('client_id', 'in', clientIds).execute();
  await transaction.deleteFrom('instance_approvals').where('client_id', 'in', clientIds).execute();
  await transaction.deleteFrom('instances').where('client_id', 'in', clientIds).execute();
}
