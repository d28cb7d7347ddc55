// Anybody may register, so what nobody claims is bounded: in number, and in time. Each takes a place, until somebody signs
// in to it: from then on there is an account to answer for it.

import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import type { InstanceResources } from '../provider/resource-server.ts';
import { deregister } from './deregistration.ts';

/** How many places one network has. */
export const maximumPerNetwork = 100;

/** How many unclaimed instances one account has signed in to that take no place. */
export const maximumFreedPerAccount = 100;

/** How many places there are in all, so that many networks together do not fill the disk either. */
export const maximumInAll = 100_000;

/**
 * An unclaimed instance that nobody signed in to and that does not run is removed this long after its registration. One
 * that runs stays for as long as nobody needs its place.
 */
export const abandonedAfterMilliseconds = 24 * 60 * 60 * 1000;

/** So many are removed by a sweep; a flood takes several, between which others are served. */
const batchSize = 500;

interface NewInstance {
  readonly client_id: string;
  readonly client_metadata: string;
  readonly client_secret_hash: string;
  readonly registered_at: number;
  /** From where it is registered, as `networksOf` returns it; null for an instance that takes no place. */
  readonly networks: readonly string[] | null;
}

/** Stands for all networks together, as the widest. */
const everywhere = '*';

/** How `registered_from` names networks: all that lie around each other, the widest first. */
function pathOf(networks: readonly string[] | null): string | null {
  return networks && JSON.stringify([everywhere, ...networks]);
}

/**
 * Records an unclaimed instance. Where there is no place left, others give way, even if they run: whoever only keeps
 * asking for tokens must not shut everybody else out. They register anew when they notice.
 *
 * @returns false if the network has too many that are younger than a day
 */
export async function register(
  database: Database,
  resources: InstanceResources,
  instance: NewInstance,
): Promise<boolean> {
  if (await takePlace(database, instance)) return true;
  return database.transaction().execute(async (transaction) => {
    const { networks } = instance;
    const isNetworkFull = (await placesOf(transaction, narrowestOf(networks))) >= maximumPerNetwork;
    const clientIds = isNetworkFull
      ? await oldestOf(transaction, pathOf(networks))
      : await mostNumerous(transaction);
    if (clientIds.length > 0) await deregister(transaction, resources, clientIds);
    return takePlace(transaction, instance);
  });
}

/** Records an instance if there is a place for it; one statement decides, by what triggers count in `unclaimed_places`. */
async function takePlace(database: Database, instance: NewInstance): Promise<boolean> {
  const { client_id, client_metadata, client_secret_hash, registered_at, networks } = instance;
  const { numAffectedRows } = await sql`
    insert into instances (client_id, client_metadata, client_secret_hash, registered_at, registered_from)
    select ${client_id}, ${client_metadata}, ${client_secret_hash}, ${registered_at}, ${pathOf(networks)}
    where not exists (select 1 from unclaimed_places
      where network = ${everywhere} and places >= ${maximumInAll}
        or network = ${narrowestOf(networks)} and places >= ${maximumPerNetwork})`.execute(database);
  return numAffectedRows === 1n;
}

function narrowestOf(networks: readonly string[] | null): string | null {
  return networks?.at(-1) ?? null;
}

async function placesOf(database: Database, network: string | null): Promise<number> {
  const row = await database
    .selectFrom('unclaimed_places')
    .select('places')
    .where('network', '=', network)
    .executeTakeFirst();
  return row?.places ?? 0;
}

/** Within a network not the younger ones: instances that run there would push each other out for ever. */
async function oldestOf(database: Database, path: string | null): Promise<string[]> {
  const { rows } = await sql<{ client_id: string }>`select client_id from instances
    where workspace_id is null and registered_from = ${path}
      and registered_at < ${Date.now() - abandonedAfterMilliseconds}
    order by registered_at limit 1`.execute(database);
  return rows.map(({ client_id }) => client_id);
}

/**
 * The oldest of the narrowest network that has the most, in the wider one that has the most: whoever owns a wide network
 * has no more places by spreading over narrow ones. One makes room for one, so that nobody waits for many.
 */
async function mostNumerous(database: Database): Promise<string[]> {
  const { rows } = await sql<{ client_id: string }>`
    with recursive largest (network, path) as (
      select ${everywhere}, json_array(${everywhere})
      union all
      select places.network, json_insert(path, '$[#]', places.network)
      from largest join unclaimed_places as places on places.network = (
        select network from unclaimed_places where within = largest.network order by places desc limit 1))
    select client_id from instances
    where workspace_id is null
      and registered_from = (select path from largest order by json_array_length(path) desc limit 1)
    order by registered_at limit 1`.execute(database);
  return rows.map(({ client_id }) => client_id);
}

interface SignedInTo {
  readonly clientId: string;
  readonly accountId: string;
}

/**
 * Frees the place of an instance that somebody signs in to; where it was registered need not be known any longer. An
 * account does that for so many that nobody has claimed: otherwise, with one account, there could be any number of them.
 */
export const freePlace = preparedQuery((database, { clientId, accountId }: SignedInTo) =>
  database
    .updateTable('instances')
    .set({ registered_from: null })
    .where('client_id', '=', clientId)
    .where('registered_from', 'is not', null)
    .where(
      (query) =>
        query
          .selectFrom('instance_approvals')
          .innerJoin('instances as freed', 'freed.client_id', 'instance_approvals.client_id')
          .select(({ fn }) => fn.countAll<number>().as('freed'))
          .where('instance_approvals.account_id', '=', accountId)
          .where('freed.workspace_id', 'is', null)
          .where('freed.registered_from', 'is', null),
      '<',
      maximumFreedPerAccount,
    ),
);

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
          .select('instance')
          .where('kind', '=', 'ClientCredentials')
          .where('instance', 'is not', null),
      )
      .where('client_id', 'not in', (query) => query.selectFrom('instance_approvals').select('client_id'))
      .limit(batchSize)
      .execute();
    const clientIds = abandoned.map(({ client_id }) => client_id);
    if (clientIds.length > 0) await deregister(transaction, resources, clientIds);
    return clientIds.length;
  });
}
