import { sql } from 'kysely';
import { deleteRecords } from '../provider/delete-records.ts';
import type { SecurityEvents } from '../security-events/security-events.ts';
import type { Members } from '../workspaces/members.ts';
import { withAccountTables } from './account-tables.ts';
import type { SignedInAccount } from './accounts.ts';
import { assertLiveSession } from './live-session.ts';

/**
 * Deletes an account with everything that is its own, all or nothing: sessions, password, second factor, passkeys, links,
 * and every sign-in at every instance, which hears of it.
 *
 * Without another owner, the instances of its personal workspace stay claimed by it, without a name and without members:
 * an instance whose owner is gone must not fall to whoever asks next. It is claimed anew at its own machine.
 */
export async function deleteAccount(
  events: SecurityEvents,
  members: Members,
  { id: accountId, sessionId }: Pick<SignedInAccount, 'id' | 'sessionId'>,
): Promise<void> {
  await events.publishing(async (whole, publish) => {
    await assertLiveSession(whole, sessionId);
    await events.accountClosed(whole, publish, accountId);
    await deleteRecords(whole, isOf(accountId));
    const transaction = withAccountTables(whole);
    await transaction.deleteFrom('sign_ins').where('account_id', '=', accountId).execute();
    await transaction.deleteFrom('instance_approvals').where('account_id', '=', accountId).execute();
    await transaction.deleteFrom('registration_keys').where('account_id', '=', accountId).execute();
    await members.removeDeleted(whole, publish, accountId);
    await transaction.deleteFrom('disabled_accounts').where('account_id', '=', accountId).execute();
    await transaction.deleteFrom('one_time_tokens').where('subject', '=', accountId).execute();
    await transaction.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
    await transaction.deleteFrom('second_factors').where('account_id', '=', accountId).execute();
    await transaction.deleteFrom('passkeys').where('account_id', '=', accountId).execute();
    await transaction.deleteFrom('session').where('userId', '=', accountId).execute();
    await transaction.deleteFrom('account').where('userId', '=', accountId).execute();
    await transaction.deleteFrom('user').where('id', '=', accountId).execute();
  });
}

/** Grants, codes and tokens name the account as oidc-provider stores it. */
function isOf(accountId: string) {
  return sql<boolean>`payload ->> '$.accountId' = ${accountId}`;
}
