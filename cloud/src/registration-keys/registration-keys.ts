import { randomUUID } from 'node:crypto';
import { expressionBuilder } from 'kysely';
import { withAccountTables } from '../accounts/account-tables.ts';
import type { SignedInAccount } from '../accounts/accounts.ts';
import { inLiveSession } from '../accounts/live-session.ts';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import { hashIdentifier } from '../provider/identifier-hash.ts';
import { Workspaces } from '../workspaces/workspaces.ts';
import { hasAbleHolder } from './key-holder.ts';
import { generateRegistrationKey } from './registration-key.ts';

const day = 24 * 60 * 60;

/** For how long a key may be good, in seconds. */
export const keyLifetime = { shortest: 60, longest: 365 * day, proposed: 30 * day };

/** How many instances one key may register. */
export const maximumUses = 1_000;

/** How many keys of a workspace that still work its owners may have made. */
export const maximumWorkingKeys = 50;

/** Of those that work no more, a workspace's list shows so many; older ones are forgotten. */
const maximumEndedKeys = 50;

export interface NewRegistrationKey {
  readonly workspaceId: string;
  /** Judged by `parseKeyLabel`. */
  readonly label: string;
  /** Within `keyLifetime`. */
  readonly lifetimeSeconds: number;
  /** 1 to `maximumUses`. */
  readonly uses: number;
}

/** The key, which nobody can be shown again, or why there is none. */
export type KeyCreation = { readonly key: string } | { readonly refused: 'not_an_owner' | 'too_many' };

/** `orphaned`: whoever made it may not register instances for its workspace any more. */
export type RegistrationKeyState = 'working' | 'used_up' | 'expired' | 'revoked' | 'orphaned';

/** What can be said of a key that was made; the key itself is not kept. Instants are epoch milliseconds. */
export interface RegistrationKeyRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly label: string;
  /** The email address of the account that made it; null for the operator. */
  readonly madeBy: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usesAllowed: number;
  readonly uses: number;
  readonly lastUsedAt: number | null;
  readonly state: RegistrationKeyState;
}

/** The keys with which machines register instances that are claimed at once. Of each, the database has the SHA-256. */
export class RegistrationKeys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Makes a key for an owner of the workspace, who is signed in.
   *
   * @throws {HttpError} as `assertLiveSession`
   */
  async create(
    { id: accountId, sessionId }: Pick<SignedInAccount, 'id' | 'sessionId'>,
    key: NewRegistrationKey,
  ): Promise<KeyCreation> {
    return inLiveSession(this.#database, sessionId, async (transaction) => {
      const role = await new Workspaces(transaction).roleOf(accountId, key.workspaceId);
      if (role !== 'owner') return { refused: 'not_an_owner' };
      const { count } = await transaction
        .selectFrom('registration_keys')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('workspace_id', '=', key.workspaceId)
        .where('account_id', 'is not', null)
        .where(stateOf(), '=', 'working')
        .executeTakeFirstOrThrow();
      if (count >= maximumWorkingKeys) return { refused: 'too_many' };
      return { key: await insert(transaction, key, accountId) };
    });
  }

  /** Makes a key for whoever operates the cloud. */
  async createForOperator(key: NewRegistrationKey): Promise<string> {
    return this.#database.transaction().execute(async (transaction) => insert(transaction, key, null));
  }

  /** The keys of some workspaces, or of all; the newest first. */
  async list(workspaceIds?: readonly string[]): Promise<RegistrationKeyRecord[]> {
    const all = withAccountTables(this.#database)
      .selectFrom('registration_keys')
      .leftJoin('user', 'user.id', 'registration_keys.account_id')
      .select([
        'registration_keys.id',
        'workspace_id as workspaceId',
        'label',
        'user.email as madeBy',
        'created_at as createdAt',
        'expires_at as expiresAt',
        'uses_allowed as usesAllowed',
        'uses',
        'last_used_at as lastUsedAt',
        stateOf().as('state'),
      ])
      .orderBy('created_at', 'desc');
    return (workspaceIds ? all.where('workspace_id', 'in', workspaceIds) : all).execute();
  }

  /** How many keys that an account has made work. */
  async countWorkingOf(accountId: string): Promise<number> {
    const { count } = await this.#database
      .selectFrom('registration_keys')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where(stateOf(), '=', 'working')
      .executeTakeFirstOrThrow();
    return count;
  }

  /** Revokes a key, of one of these workspaces if they are given. Returns whether there was one that was not revoked. */
  async revoke(id: string, workspaceIds?: readonly string[]): Promise<boolean> {
    const update = this.#database
      .updateTable('registration_keys')
      .set({ revoked_at: Date.now() })
      .where('id', '=', id)
      .where('revoked_at', 'is', null);
    const { numUpdatedRows } = await (workspaceIds
      ? update.where('workspace_id', 'in', workspaceIds)
      : update
    ).executeTakeFirst();
    return numUpdatedRows === 1n;
  }
}

/** Whether a key works, or why not: what nothing can mend comes first. */
function stateOf() {
  const row = expressionBuilder<Tables, 'registration_keys'>();
  return row
    .case()
    .when('revoked_at', 'is not', null)
    .then('revoked')
    .when('uses', '>=', row.ref('uses_allowed'))
    .then('used_up')
    .when('expires_at', '<=', Date.now())
    .then('expired')
    .when(row.not(hasAbleHolder(row)))
    .then('orphaned')
    .else('working')
    .end()
    .$castTo<RegistrationKeyState>();
}

async function insert(
  transaction: Database,
  { workspaceId, label, lifetimeSeconds, uses }: NewRegistrationKey,
  accountId: string | null,
): Promise<string> {
  const [key, now] = [generateRegistrationKey(), Date.now()];
  await transaction
    .insertInto('registration_keys')
    .values({
      id: randomUUID(),
      key_hash: hashIdentifier(key),
      workspace_id: workspaceId,
      account_id: accountId,
      label,
      created_at: now,
      expires_at: now + lifetimeSeconds * 1_000,
      uses_allowed: uses,
      uses: 0,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
  await forgetOldOnes(transaction, workspaceId);
  return key;
}

/** Otherwise whoever makes keys and revokes them would fill the disk. */
async function forgetOldOnes(transaction: Database, workspaceId: string): Promise<void> {
  await transaction
    .deleteFrom('registration_keys')
    .where('id', 'in', (query) =>
      query
        .selectFrom('registration_keys')
        .select('id')
        .where('workspace_id', '=', workspaceId)
        .where(stateOf(), '!=', 'working')
        .orderBy('created_at', 'desc')
        .limit(-1)
        .offset(maximumEndedKeys),
    )
    .execute();
}
