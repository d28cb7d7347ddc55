import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Tables } from '../database/tables.ts';

/**
 * Whether somebody may still answer for a key: the account that made it, as an owner of its workspace; for one that the
 * operator made, any owner. Asked whenever a key is used, so that a key ends with the rights of whoever made it.
 */
export function hasAbleHolder(row: ExpressionBuilder<Tables, 'registration_keys'>): Expression<SqlBool> {
  return row.exists(
    row
      .selectFrom('workspace_members')
      .select('workspace_members.account_id')
      .whereRef('workspace_members.workspace_id', '=', 'registration_keys.workspace_id')
      .where('workspace_members.role', '=', 'owner')
      .where('workspace_members.account_id', 'not in', (query) =>
        query.selectFrom('disabled_accounts').select('disabled_accounts.account_id'),
      )
      .where((member) =>
        member.or([
          member('registration_keys.account_id', 'is', null),
          member('registration_keys.account_id', '=', member.ref('workspace_members.account_id')),
        ]),
      ),
  );
}
