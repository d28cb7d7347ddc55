import type { Database } from '../../database/database.ts';
import { describeError } from '../../errors.ts';
import { NetworkLimit, sharesOfOneAccount } from '../../http/network-limit.ts';
import type { Logger } from '../../logger.ts';
import { attemptAll, RateLimit } from '../../rate-limit.ts';
import { withAccountTables } from '../account-tables.ts';
import type { OneTimeTokens } from '../one-time-tokens.ts';
import type { Mailer } from './mailer.ts';

const hour = 60 * 60_000;
const resetSeconds = 60 * 60;
const verificationSeconds = 24 * 60 * 60;

/** What most notices are about. */
const aboutSignIn = {
  page: '/security',
  shows: 'Your passkeys, and where you are signed in,',
  otherwise:
    'choose a new password with “Forgot your password?” at the sign-in, and remove every passkey that you do not know',
};

/** What the owner of an account is told of by mail, because somebody else may have done it (NIST SP 800-63B-4 section 4). */
const notices = {
  password_replaced: {
    subject: 'Your Holdfast password was replaced',
    what: 'The password of your account was replaced by a new one. Passkeys sign in without it, as before.',
  },
  passkey_added: {
    subject: 'A passkey was added to your Holdfast account',
    what: 'A passkey was added to your account. It signs in without the password.',
  },
  registration_key_made: {
    subject: 'A registration key was made for your Holdfast workspace',
    what: 'A registration key was made with your account. Whoever has it can register instances that belong to your workspace.',
    page: '/registration-keys',
    shows: 'The keys',
    otherwise: 'revoke the key there, then choose a new password and look at your passkeys under “Security”',
  },
  instance_removed: {
    subject: 'An instance was removed from your Holdfast workspace',
    what: 'An instance of your workspace was removed with your account. Nobody can sign in there any more; its data stay on its machine.',
    page: '/',
    shows: 'The instances that you have',
    otherwise:
      'choose a new password and look at your passkeys under “Security”, then start the instance with --reset-credentials and claim it anew',
  },
  second_factor_on: {
    subject: 'Two-step sign-in is on for your Holdfast account',
    what: 'Your account now asks for a code of an authenticator app when somebody signs in with the password.',
  },
  second_factor_off: {
    subject: 'Two-step sign-in is off for your Holdfast account',
    what: 'Your account does not ask for a code any more when somebody signs in with the password.',
  },
} as const;

export type Notice = keyof typeof notices;

interface Addressee {
  readonly id: string;
  readonly email: string;
}

/**
 * The links that accounts get by mail. A link carries its token in the fragment, which reaches no server and no log; the
 * page behind it posts the token. How many mails an account gets that strangers can ask for is bounded, and each network
 * has only a share of them, and so have the wider ones around it: one that asks again and again does not keep its owner from a link.
 */
export class AccountLinks {
  readonly #issuer: string;
  readonly #database: ReturnType<typeof withAccountTables>;
  readonly #tokens: OneTimeTokens;
  readonly #mailer: Mailer;
  readonly #logger: Logger;
  readonly #mails = new RateLimit({ limit: 15, windowMilliseconds: hour });
  /** Of one network to one account. */
  readonly #mailsOfNetwork = new NetworkLimit({ limit: 3, windowMilliseconds: hour }, sharesOfOneAccount);
  /** Of mails that nobody asks for from a network that is known, and of links that confirm an address. */
  readonly #otherMails = new RateLimit({ limit: 5, windowMilliseconds: hour });
  /**
   * Each kind counted apart, and from links too: otherwise whoever asks for links, or does one thing again and again, would
   * keep its owner from hearing what else happens to the account.
   */
  readonly #notices = new RateLimit({ limit: 20, windowMilliseconds: hour });

  constructor(context: {
    issuer: string;
    database: Database;
    tokens: OneTimeTokens;
    mailer: Mailer;
    logger: Logger;
  }) {
    this.#issuer = context.issuer;
    this.#database = withAccountTables(context.database);
    this.#tokens = context.tokens;
    this.#mailer = context.mailer;
    this.#logger = context.logger;
  }

  /**
   * Sends a link for a new password, if there is an account with this address. That happens after the request is answered:
   * the time that it takes would tell.
   *
   * @param address that the request came from, as `clientAddress` returns it
   */
  requestPasswordReset(email: string, address: string): void {
    setImmediate(() => {
      this.#sendPasswordReset(email, address).catch((error: unknown) => {
        this.#logger.error({ err: describeError(error) }, 'a link for a new password could not be made');
      });
    });
  }

  async #sendPasswordReset(email: string, address: string): Promise<void> {
    const account = await this.#database
      .selectFrom('user')
      .select(['id', 'email'])
      .where('email', '=', email.trim().toLowerCase())
      // Its link would lead nowhere.
      .where('id', 'not in', (query) => query.selectFrom('disabled_accounts').select('account_id'))
      .executeTakeFirst();
    if (!account) return;
    const counted = [
      { limit: this.#mails, key: account.id },
      ...this.#mailsOfNetwork.keysOf(address, account.id),
    ];
    if (attemptAll(counted) > 0) return;
    const token = await this.#tokens.issue('password_reset', account.id, resetSeconds);
    this.#mailer.send({
      to: account.email,
      subject: 'Choose a new password for Holdfast',
      text: `Somebody asked for a new password for your account at ${this.#issuer}. To choose one, open this address within an hour:`,
      link: `${this.#issuer}/reset-password#link=${token}`,
      closing: 'If that was not you, do nothing: your password stays as it is.',
    });
  }

  /** Sends a link that shows that the account's address is its owner's. */
  async sendVerification(account: Addressee): Promise<void> {
    if (!this.#mayMail(account)) return;
    const token = await this.#tokens.issue('email_verification', account.id, verificationSeconds);
    this.#mailer.send({
      to: account.email,
      subject: 'Confirm your email address for Holdfast',
      text: `To confirm that this is the address of your account at ${this.#issuer}, open this address within a day:`,
      link: `${this.#issuer}/verify-email#link=${token}`,
      closing:
        'It asks for the password of the account. If you did not create one there, do nothing: somebody else has used your address, and the account is not confirmed. To take it over instead, choose a new password with “Forgot your password?” at the sign-in.',
    });
  }

  /** Tells the owner of an account that somebody tried to create one with the same address. */
  tellAlreadyThere(account: Addressee): void {
    if (!this.#mayMail(account)) return;
    this.#mailer.send({
      to: account.email,
      subject: 'You already have a Holdfast account',
      text: `Somebody tried to create an account at ${this.#issuer} with this address, which has one already. If that was you, sign in with it:`,
      link: `${this.#issuer}/sign-in`,
      closing:
        'If you have forgotten your password, you can choose a new one there. If it was not you, do nothing.',
    });
  }

  /** Tells the owner of an account what has been done to it, if the cloud sends mail. */
  tell({ id, email }: Addressee, notice: Notice): void {
    if (!this.#mailer.sendsMail || this.#notices.attempt(`${id} ${notice}`) > 0) return;
    const { subject, what, page, shows, otherwise } = { ...aboutSignIn, ...notices[notice] };
    this.#mailer.send({
      to: email,
      subject,
      text: `${what} It happened at ${this.#issuer}. ${shows} are shown here:`,
      link: `${this.#issuer}${page}`,
      closing: `If you did this yourself, there is nothing to do. Otherwise ${otherwise}.`,
    });
  }

  /** The account for which a link for a new password can be redeemed. */
  async accountOfPasswordReset(token: string): Promise<string | undefined> {
    return this.#tokens.subjectOf('password_reset', token);
  }

  /** The account whose address a link can confirm. */
  async accountOfVerification(token: string): Promise<string | undefined> {
    return this.#tokens.subjectOf('email_verification', token);
  }

  /** Redeems a link that confirms an address. Returns whether it was good. */
  async redeemVerification(token: string): Promise<boolean> {
    const accountId = await this.#tokens.redeem('email_verification', token);
    if (accountId === undefined) return false;
    await this.#database.updateTable('user').set({ emailVerified: 1 }).where('id', '=', accountId).execute();
    return true;
  }

  async isVerified(accountId: string): Promise<boolean> {
    const row = await this.#database
      .selectFrom('user')
      .select('emailVerified')
      .where('id', '=', accountId)
      .executeTakeFirst();
    return row?.emailVerified === 1;
  }

  #mayMail({ id }: Addressee): boolean {
    return this.#otherMails.attempt(id) === 0;
  }
}
