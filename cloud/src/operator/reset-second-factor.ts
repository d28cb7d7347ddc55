import { resolve } from 'node:path';
import { withAccountTables } from '../accounts/account-tables.ts';
import { endAllSessions } from '../accounts/end-sessions.ts';
import { AccountLinks } from '../accounts/mail/account-links.ts';
import { smtpMailer } from '../accounts/mail/mailer.ts';
import { parseSmtpUrl } from '../accounts/mail/smtp-config.ts';
import { OneTimeTokens } from '../accounts/one-time-tokens.ts';
import { removeSecondFactor } from '../accounts/second-factor/remove-second-factor.ts';
import { defaultMailFrom, parseMailFrom } from '../config.ts';
import { createLogger } from '../logger.ts';
import { RegistrationKeys } from '../registration-keys/registration-keys.ts';
import { type ExistingCloud, openExistingCloud } from './existing-cloud.ts';
import { accountIdOf } from './find-account.ts';
import type { OperatorFlags } from './operator-command.ts';

export interface ResetSecondFactorFlags extends OperatorFlags {
  readonly smtpUrl?: string;
  readonly mailFrom?: string;
}

/**
 * Turns the second factor of an account off, for an owner who has lost it or from whom somebody has taken it. Everybody is
 * signed out: who is in may be that somebody. Returns what it did, in words.
 */
export async function resetSecondFactor(flags: ResetSecondFactorFlags, email: string): Promise<string> {
  const { dataPath, smtpUrl, mailFrom } = flags;
  const smtp = smtpUrl === undefined ? undefined : parseSmtpUrl(smtpUrl);
  await using cloud = await openExistingCloud(resolve(dataPath));
  const from = mailFrom === undefined ? defaultMailFrom(cloud.issuer) : parseMailFrom(mailFrom);
  const accountId = await accountIdOf(cloud.database, email);
  const { wasOn, passkeys } = await cloud.events.publishing(async (transaction, publish) => {
    const removed = await removeSecondFactor(transaction, accountId);
    if (removed) await endAllSessions(transaction, publish, accountId);
    const { count } = await transaction
      .selectFrom('passkeys')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow();
    return { wasOn: removed, passkeys: count };
  });
  if (!wasOn) return 'Two-step sign-in was not on for this account. Nothing was changed.';
  const sentences = [
    'Two-step sign-in is off, its recovery codes are gone, and the account is signed out everywhere. The password signs in.',
  ];
  if (passkeys > 0)
    sentences.push(`Its passkeys (${passkeys}) sign in as before: have the owner look at them.`);
  const keys = await new RegistrationKeys(cloud.database).countWorkingOf(accountId);
  if (keys > 0)
    sentences.push(
      `Its registration keys (${keys}) add instances as before: have the owner look at them, or revoke them (holdfast-cloud registration-keys).`,
    );
  if (smtp) await tell(cloud, smtpMailer(smtp, from, createLogger()), accountId);
  sentences.push(
    smtp
      ? 'A mail tells the owner.'
      : 'Tell the owner yourself: no mail server was given (HOLDFAST_CLOUD_SMTP_URL).',
  );
  return sentences.join('\n');
}

async function tell(
  { issuer, database }: ExistingCloud,
  mailer: ReturnType<typeof smtpMailer>,
  accountId: string,
): Promise<void> {
  const account = await withAccountTables(database)
    .selectFrom('user')
    .select(['id', 'email'])
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  const tokens = new OneTimeTokens(database);
  new AccountLinks({ issuer, database, tokens, mailer, logger: createLogger() }).tell(
    account,
    'second_factor_off',
  );
}
