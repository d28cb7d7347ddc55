import { revokeKeysOf } from '../registration-keys/revoke-keys-of.ts';
import type { SecurityEvents } from '../security-events/security-events.ts';
import { withAccountTables } from './account-tables.ts';
import { endAllSessions } from './end-sessions.ts';
import { OneTimeTokens } from './one-time-tokens.ts';
import { replacePasswordHash } from './password-hash.ts';
import { removeSecondFactor } from './second-factor/remove-second-factor.ts';

export interface PasswordReset {
  readonly accountId: string;
  /** Whether passkeys, a second factor or registration keys went. */
  readonly removed: boolean;
}

/**
 * Redeems a link for a new password, which ends every session as `endAllSessions` does; all or nothing. It shows whose the
 * address is. Where nobody had shown that before, somebody else may have made the account: whatever signs in to it, brings
 * instances into its workspaces, or keeps its owner from signing in, goes. Returns `undefined` for a link that is not good.
 */
export async function resetPassword(
  events: SecurityEvents,
  token: string,
  passwordHash: string,
): Promise<PasswordReset | undefined> {
  return events.publishing(async (whole, publish) => {
    const tokens = new OneTimeTokens(whole);
    const accountId = await tokens.redeem('password_reset', token);
    if (accountId === undefined) return undefined;
    const transaction = withAccountTables(whole);
    const newlyConfirmed = await transaction
      .updateTable('user')
      .set({ emailVerified: 1 })
      .where('id', '=', accountId)
      .where('emailVerified', '=', 0)
      .executeTakeFirst();
    let removed = false;
    if (newlyConfirmed.numUpdatedRows === 1n) {
      await tokens.withdraw('email_verification', accountId);
      await tokens.withdraw('passkey_creation', accountId);
      const passkeys = await transaction
        .deleteFrom('passkeys')
        .where('account_id', '=', accountId)
        .executeTakeFirst();
      const hadSecondFactor = await removeSecondFactor(whole, accountId);
      const hadKeys = await revokeKeysOf(whole, accountId);
      removed = passkeys.numDeletedRows > 0n || hadSecondFactor || hadKeys;
    }
    await replacePasswordHash(whole, accountId, passwordHash);
    await endAllSessions(whole, publish, accountId);
    return { accountId, removed };
  });
}
