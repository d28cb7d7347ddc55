// Anybody may register, so what nobody claims is bounded: in number, and in time.

import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import { deregister } from './deregistration.ts';

/** How many unclaimed instances one network may have at a time. */
export const maximumPerNetwork = 100;

/** How many there may be in all, so that many networks together do not fill the disk either. */
const maximumInAll = 100_000;

/** An unclaimed instance that nobody signed in to and that does not run is removed this long after its registration. */
export const abandonedAfterMilliseconds = 24 * 60 * 60 * 1000;

/** So many are removed at once; a flood takes several sweeps, between which others are served. */
const batchSize = 500;

interface NewInstance {
  readonly client_id: string;
  readonly client_metadata: string;
  readonly client_secret_hash: string;
  readonly registered_at: number;
  readonly registered_from: string | null;
}

/** Records an unclaimed instance, unless there are too many. Returns whether it did; one statement decides. */
export async function register(database: Database, instance: NewInstance): Promise<boolean> {
  const { client_id, client_metadata, client_secret_hash, registered_at, registered_from } = instance;
  const { numAffectedRows } = await sql`
    insert into instances (client_id, client_metadata, client_secret_hash, registered_at, registered_from)
    select ${client_id}, ${client_metadata}, ${client_secret_hash}, ${registered_at}, ${registered_from}
    where (select count(*) from instances where workspace_id is null) < ${maximumInAll}
      and (select count(*) from instances where workspace_id is null and registered_from = ${registered_from})
        < ${maximumPerNetwork}`.execute(database);
  return numAffectedRows === 1n;
}

/**
 * Removes a batch of instances that nobody has claimed or signed in to and that do not run. An instance whose claim was
 * interrupted had a sign-in: it finds its registration again, however long it was away.
 *
 * @returns how many
 */
export async function removeAbandoned(database: Database, resources: InstanceResources): Promise<number> {
  return database.transaction().execute(async (transaction) => {
    const abandoned = await transaction
      .selectFrom('instances')
      .select('client_id')
      .where('workspace_id', 'is', null)
      .where('registered_at', '<', Date.now() - abandonedAfterMilliseconds)
      // Whoever runs has a token, or had one an hour ago: however long tokens live, their records stay that much longer.
      .where('client_id', 'not in', (query) =>
        query
          .selectFrom('oauth_records')
          .select(sql<string>`payload ->> '$.clientId'`.as('client_id'))
          .where('kind', '=', 'ClientCredentials'),
      )
      .where('client_id', 'not in', (query) => query.selectFrom('instance_approvals').select('client_id'))
      .limit(batchSize)
      .execute();
    const clientIds = abandoned.map(({ client_id }) => client_id);
    if (clientIds.length > 0) await deregister(transaction, resources, clientIds);
    return clientIds.length;
  });
}
