import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { deleteRecords } from '../provider/delete-records.ts';

/**
 * Removes an instance with everything that was ever let into it, all or nothing: its own tokens, and the codes, grants
 * and refresh tokens of everybody who signed in to it. Whatever a request under way stores afterwards names an instance
 * that is gone, and is refused for that.
 *
 * @param resource the audience of the tokens for this instance
 */
export async function deregister(
  database: Database,
  { clientId, resource }: { clientId: string; resource: string },
): Promise<void> {
  // As oidc-provider stores them: by client what the instance got itself, by resource what people got for it.
  const concernsInstance = sql<boolean>`case kind
    when 'RegistrationAccessToken' then payload ->> '$.clientId' = ${clientId}
    when 'ClientCredentials' then payload ->> '$.clientId' = ${clientId}
    when 'DeviceCode' then payload ->> '$.params.resource' = ${resource}
    when 'RefreshToken' then payload ->> '$.resource' = ${resource}
    when 'Grant' then exists (select 1 from json_each(payload, '$.resources') where key = ${resource})
    else false end`;

  await database.transaction().execute(async (transaction) => {
    await deleteRecords(transaction, concernsInstance);
    await transaction.deleteFrom('instance_origins').where('client_id', '=', clientId).execute();
    await transaction.deleteFrom('instance_approvals').where('client_id', '=', clientId).execute();
    await transaction.deleteFrom('instances').where('client_id', '=', clientId).execute();
  });
}
