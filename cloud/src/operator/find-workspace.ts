import { withAccountTables } from '../accounts/account-tables.ts';
import type { Database } from '../database/database.ts';
import { StartupError } from '../errors.ts';
import { Workspaces } from '../workspaces/workspaces.ts';
import { accountIdOf } from './find-account.ts';

/**
 * The workspace with this ID, or of the account with this email: the one that was made for it, or the only other one that
 * it owns, whose founder may be gone.
 *
 * @param options.makesPersonal whether an account that owns none gets its own now, rather than when it first needs one
 *
 * @throws {StartupError} `unknown_account` or `unknown_workspace`
 */
export async function workspaceNamed(
  database: Database,
  name: string,
  { makesPersonal = false }: { makesPersonal?: boolean } = {},
): Promise<string> {
  const given = await database
    .selectFrom('workspaces')
    .select('id')
    .where('id', '=', name.trim().toLowerCase())
    .executeTakeFirst();
  if (given) return given.id;
  if (!name.includes('@')) {
    throw new StartupError(
      'unknown_workspace',
      `No workspace here has the ID ${JSON.stringify(name)}. See holdfast-cloud members workspaces.`,
    );
  }
  const accountId = await accountIdOf(database, name);
  const workspaces = await database
    .selectFrom('workspaces')
    .select(['id', 'personal_account_id'])
    .where((row) =>
      row.or([
        row('personal_account_id', '=', accountId),
        row('id', 'in', (query) =>
          query
            .selectFrom('workspace_members')
            .select('workspace_id')
            .where('account_id', '=', accountId)
            .where('role', '=', 'owner'),
        ),
      ]),
    )
    .execute();
  const [only, second] = workspaces;
  const own = workspaces.find(({ personal_account_id: founder }) => founder === accountId);
  const found = own ?? (second ? undefined : only);
  if (found) return found.id;
  if (!only && makesPersonal) return makePersonal(database, accountId);
  throw new StartupError(
    'unknown_workspace',
    only
      ? 'This account owns several workspaces, none of which was made for it. Name one by its ID: see holdfast-cloud members workspaces.'
      : 'This account owns no workspace. It gets one of its own when it first signs in to an instance.',
  );
}

async function makePersonal(database: Database, accountId: string): Promise<string> {
  const account = await withAccountTables(database)
    .selectFrom('user')
    .select(['id', 'email', 'name'])
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return (await new Workspaces(database).personalWorkspaceOf(account)).id;
}
