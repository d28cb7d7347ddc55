import { hash, randomBytes } from 'node:crypto';
import type { Database } from '../database/database.ts';

/** What a token is good for; it is worth nothing for anything else. */
export type TokenPurpose =
  | 'second_factor'
  | 'password_reset'
  | 'email_verification'
  | 'passkey_creation'
  | 'passkey_sign_in'
  | 'invite';

/** Random tokens that each say one thing once, until they expire. The database has their SHA-256. */
export class OneTimeTokens {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Creates a token of 256 bits for `subject`. */
  async issue(purpose: TokenPurpose, subject: string, lifetimeSeconds: number): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await this.#database.deleteFrom('one_time_tokens').where('expires_at', '<=', Date.now()).execute();
    await this.#database
      .insertInto('one_time_tokens')
      .values({
        token_hash: hashToken(token),
        purpose,
        subject,
        expires_at: Date.now() + lifetimeSeconds * 1_000,
      })
      .execute();
    return token;
  }

  /** The subject of a token that could be redeemed. */
  async subjectOf(purpose: TokenPurpose, token: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom('one_time_tokens')
      .select('subject')
      .where('token_hash', '=', hashToken(token))
      .where('purpose', '=', purpose)
      .where('expires_at', '>', Date.now())
      .executeTakeFirst();
    return row?.subject;
  }

  /** Redeems a token and returns its subject; of several requests, one statement lets one through. */
  async redeem(purpose: TokenPurpose, token: string): Promise<string | undefined> {
    const row = await this.#database
      .deleteFrom('one_time_tokens')
      .where('token_hash', '=', hashToken(token))
      .where('purpose', '=', purpose)
      .where('expires_at', '>', Date.now())
      .returning('subject')
      .executeTakeFirst();
    return row?.subject;
  }

  /** Makes a token that was redeemed good again, until `expiresAt` in epoch milliseconds. */
  async restore(purpose: TokenPurpose, token: string, subject: string, expiresAt: number): Promise<void> {
    await this.#database
      .insertInto('one_time_tokens')
      .values({ token_hash: hashToken(token), purpose, subject, expires_at: expiresAt })
      .execute();
  }

  /** Makes all tokens of one purpose for one subject worthless. */
  async withdraw(purpose: TokenPurpose, subject: string): Promise<void> {
    await this.#database
      .deleteFrom('one_time_tokens')
      .where('purpose', '=', purpose)
      .where('subject', '=', subject)
      .execute();
  }
}

function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}
