import type { RawBuilder } from 'kysely';
import type { Database } from '../database/database.ts';

/** Deletes the codes, grants and tokens that `concerned` names, with how fast those codes may be asked for. */
export async function deleteRecords(database: Database, concerned: RawBuilder<boolean>): Promise<void> {
  await database
    .deleteFrom('device_polls')
    .where('device_code_hash', 'in', (query) =>
      query.selectFrom('oauth_records').select('id_hash').where('kind', '=', 'DeviceCode').where(concerned),
    )
    .execute();
  await database.deleteFrom('oauth_records').where(concerned).execute();
}
