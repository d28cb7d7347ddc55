// From which origins accounts have signed in to instances: what an approval is believed by, and compared with.

import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';

/** How many origins an account may have at an instance; of more, those give way that nobody has used for longest. */
export const mostOriginsOfAccount = 20;

/** How many the accounts of an instance may have together. */
export const mostOriginsOfInstance = 1_000;

/** What was used since is in use: no origin of somebody else takes its place. */
export const inUseMilliseconds = 30 * 24 * 60 * 60 * 1000;

/** Enough to recognise an address by. */
const mostOriginsShown = 3;

interface OriginKey {
  readonly clientId: string;
  readonly accountId: string;
  readonly origin: string;
}

/** Whose origins count for the account: its own, and those of the owners. */
interface BelieverKey extends Omit<OriginKey, 'origin'> {
  /** That owns the instance, if one does. */
  readonly workspaceId: string | null;
}

type BelievedOriginKey = BelieverKey & OriginKey;

type ComparedOriginKey = BelieverKey & { readonly origin: string | null };

/**
 * Whether the account, or an owner of the workspace, has signed in to the instance from there. An origin is what a
 * program says it is, so nobody's counts for somebody with a higher role.
 */
export async function isKnownOrigin(database: Database, key: BelievedOriginKey): Promise<boolean> {
  return (await findOrigin(database, key)).rows.length > 0;
}

const findOrigin = preparedQuery((database, key: BelievedOriginKey) =>
  believedOrigins(database, key).where('origin', '=', key.origin),
);

/**
 * From where the account, or an owner of the workspace, has signed in to the instance: a few of it, the latest first, but
 * before them the origin that is asked about.
 */
export async function knownOriginsOf(database: Database, key: ComparedOriginKey): Promise<string[]> {
  return (await findOrigins(database, key)).rows.map(({ origin }) => origin);
}

const findOrigins = preparedQuery((database, key: ComparedOriginKey) =>
  believedOrigins(database, key)
    .groupBy('origin')
    .orderBy(sql`origin is ${key.origin}`, 'desc')
    .orderBy(({ fn }) => fn.max('approved_at'), 'desc')
    .limit(mostOriginsShown),
);

/** An origin from which somebody has signed in to an instance, and when last; epoch milliseconds. */
export interface UsedOrigin {
  readonly origin: string;
  readonly usedAt: number;
}

/**
 * From where an account, or an owner, has signed in to the instances of its workspaces, by client ID: of each a few, the
 * latest first.
 */
export async function originsOfInstances(
  database: Database,
  accountId: string,
): Promise<ReadonlyMap<string, readonly UsedOrigin[]>> {
  const { rows } = await sql<{ client_id: string; origin: string; used_at: number }>`
    with used as (
      select origins.client_id, origin, max(approved_at) as used_at,
        row_number() over (partition by origins.client_id order by max(approved_at) desc) as place
      from workspace_members as member
      join instances on instances.workspace_id = member.workspace_id
      join instance_origins as origins on origins.client_id = instances.client_id
      where member.account_id = ${accountId} and (origins.account_id = ${accountId} or origins.account_id in (
        select owner.account_id from workspace_members as owner
        where owner.workspace_id = member.workspace_id and owner.role = 'owner'))
      group by origins.client_id, origin)
    select client_id, origin, used_at from used where place <= ${mostOriginsShown}
    order by used_at desc`.execute(database);
  const byInstance = Map.groupBy(rows, ({ client_id }) => client_id);
  return new Map(
    [...byInstance].map(([clientId, used]) => [
      clientId,
      used.map(({ origin, used_at: usedAt }) => ({ origin, usedAt })),
    ]),
  );
}

function believedOrigins(database: Database, { clientId, accountId, workspaceId }: BelieverKey) {
  return database
    .selectFrom('instance_origins')
    .select('origin')
    .where('client_id', '=', clientId)
    .where((row) =>
      row.or([
        row('account_id', '=', accountId),
        row('account_id', 'in', (query) =>
          query
            .selectFrom('workspace_members')
            .select('account_id')
            .where('workspace_id', '=', workspaceId)
            .where('role', '=', 'owner'),
        ),
      ]),
    );
}

type UsedOriginKey = OriginKey & { readonly usedAt: number };

/**
 * Remembers from where an account has signed in to an instance. An account's new origins push out only its own, and those
 * of others only what nobody uses any more: where all are in use, a new one is not remembered, and the next sign-in from
 * there takes the match code again.
 *
 * @param transaction so that there are never more
 */
export async function storeOrigin(transaction: Database, key: UsedOriginKey): Promise<void> {
  const { numAffectedRows } = await updateOrigin(transaction, key);
  if (numAffectedRows === 1n) return;
  await dropUnusedOfAccount(transaction, key);
  const { clientId, usedAt } = key;
  const count = (await countOrigins(transaction, { clientId })).rows[0]?.count ?? 0;
  const surplus = count + 1 - mostOriginsOfInstance;
  if (surplus > 0) {
    const unusedSince = usedAt - inUseMilliseconds;
    const dropped = await dropUnusedOfInstance(transaction, { clientId, unusedSince, surplus });
    if (Number(dropped.numAffectedRows) < surplus) return;
  }
  await insertOrigin(transaction, key);
}

const updateOrigin = preparedQuery((database, { clientId, accountId, origin, usedAt }: UsedOriginKey) =>
  database
    .updateTable('instance_origins')
    .set({ approved_at: usedAt })
    .where('client_id', '=', clientId)
    .where('account_id', '=', accountId)
    .where('origin', '=', origin),
);

const insertOrigin = preparedQuery((database, { clientId, accountId, origin, usedAt }: UsedOriginKey) =>
  database
    .insertInto('instance_origins')
    .values({ client_id: clientId, account_id: accountId, origin, approved_at: usedAt }),
);

const countOrigins = preparedQuery((database, { clientId }: Pick<OriginKey, 'clientId'>) =>
  database
    .selectFrom('instance_origins')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('client_id', '=', clientId),
);

/** By anybody at the instance: an owner's is in use, too, while others are believed for it. */
const lastUse = sql<number>`(select max(used.approved_at) from instance_origins as used
  where used.client_id = instance_origins.client_id and used.origin = instance_origins.origin)`;

/** Leaves room for one. */
const dropUnusedOfAccount = preparedQuery((database, { clientId, accountId }: Omit<OriginKey, 'origin'>) =>
  database
    .deleteFrom('instance_origins')
    .where('client_id', '=', clientId)
    .where('account_id', '=', accountId)
    .where('origin', 'in', (query) =>
      query
        .selectFrom('instance_origins')
        .select('origin')
        .where('client_id', '=', clientId)
        .where('account_id', '=', accountId)
        .orderBy(lastUse, 'desc')
        .limit(-1)
        .offset(mostOriginsOfAccount - 1),
    ),
);

interface UnusedOrigins {
  readonly clientId: string;
  readonly unusedSince: number;
  readonly surplus: number;
}

const dropUnusedOfInstance = preparedQuery((database, { clientId, unusedSince, surplus }: UnusedOrigins) =>
  database.deleteFrom('instance_origins').where(
    sql.ref('rowid'),
    'in',
    sql`(
      select rowid from instance_origins
      where client_id = ${clientId} and ${lastUse} < ${unusedSince}
      order by ${lastUse} limit ${surplus})`,
  ),
);
