import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import type { Database } from '../../database/database.ts';
import type { Account, SignedInAccount } from '../accounts.ts';
import { inLiveSession } from '../live-session.ts';
import type { OneTimeTokens } from '../one-time-tokens.ts';

/** How long a person has to touch their authenticator. */
const ceremonySeconds = 5 * 60;

/** A passkey, as its owner sees it. Instants are epoch milliseconds. */
export interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** Which passkey somebody has shown. */
export interface UsedPasskey {
  readonly accountId: string;
  readonly credentialId: string;
}

/**
 * Passkeys (WebAuthn): keys of an account that never leave its authenticators. They have to verify the person by PIN or
 * biometrics, so that one stands for both password and second factor. Challenges are one-time tokens.
 *
 * @see https://www.w3.org/TR/webauthn-3/
 */
export class Passkeys {
  readonly #database: Database;
  readonly #tokens: OneTimeTokens;
  readonly #origin: string;
  readonly #rpId: string;

  constructor(database: Database, tokens: OneTimeTokens, issuer: string) {
    this.#database = database;
    this.#tokens = tokens;
    this.#origin = issuer;
    this.#rpId = new URL(issuer).hostname;
  }

  /** The account's passkeys, the oldest first. */
  async of(accountId: string): Promise<Passkey[]> {
    const rows = await this.#database
      .selectFrom('passkeys')
      .select(['credential_id', 'name', 'created_at', 'last_used_at'])
      .where('account_id', '=', accountId)
      .orderBy('created_at')
      .execute();
    return rows.map((row) => ({
      id: row.credential_id,
      name: row.name,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    }));
  }

  /** What the browser's `navigator.credentials.create` is given. */
  async creationOptions(account: Account): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const { generateRegistrationOptions } = await import('@simplewebauthn/server');
    const challenge = await this.#tokens.issue('passkey_creation', account.id, ceremonySeconds);
    const known = await this.of(account.id);
    return generateRegistrationOptions({
      rpName: 'Holdfast',
      rpID: this.#rpId,
      userName: account.email,
      userDisplayName: account.name,
      userID: new TextEncoder().encode(account.id),
      challenge: Uint8Array.from(Buffer.from(challenge, 'base64url')),
      attestationType: 'none',
      excludeCredentials: known.map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
  }

  /** Keeps a new passkey. Returns false if the answer is not one to a challenge of this account. @throws {HttpError} */
  async add(account: SignedInAccount, name: string, response: unknown): Promise<boolean> {
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      // The library checks what it gets; what it cannot read is an error.
      response: response as RegistrationResponseJSON,
      expectedChallenge: async (challenge) =>
        (await this.#tokens.redeem('passkey_creation', challenge)) === account.id,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
    }).catch(() => ({ verified: false as const, registrationInfo: undefined }));
    if (!verified || !registrationInfo) return false;
    const { id, publicKey, counter, transports } = registrationInfo.credential;
    const { numInsertedOrUpdatedRows } = await inLiveSession(
      this.#database,
      account.sessionId,
      async (transaction) =>
        transaction
          .insertInto('passkeys')
          .values({
            credential_id: id,
            account_id: account.id,
            name,
            public_key: Buffer.from(publicKey).toString('base64url'),
            counter,
            transports: JSON.stringify(transports ?? []),
            created_at: Date.now(),
            last_used_at: null,
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst(),
    );
    return numInsertedOrUpdatedRows === 1n;
  }

  /** What `navigator.credentials.get` is given. It names no keys, so it says nothing about accounts. */
  async requestOptions(): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    const challenge = await this.#tokens.issue('passkey_sign_in', '', ceremonySeconds);
    return generateAuthenticationOptions({
      rpID: this.#rpId,
      challenge: Uint8Array.from(Buffer.from(challenge, 'base64url')),
      userVerification: 'required',
    });
  }

  /** The passkey that gave this answer to a challenge that nobody has answered before, unless it was removed meanwhile. */
  async take(response: unknown): Promise<UsedPasskey | undefined> {
    const credentialId = (response as { id?: unknown } | null)?.id;
    if (typeof credentialId !== 'string') return undefined;
    const row = await this.#database
      .selectFrom('passkeys')
      .selectAll()
      .where('credential_id', '=', credentialId)
      .executeTakeFirst();
    if (!row) return undefined;
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    const verification = await verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      expectedChallenge: async (challenge) =>
        (await this.#tokens.redeem('passkey_sign_in', challenge)) !== undefined,
      expectedOrigin: this.#origin,
      expectedRPID: this.#rpId,
      requireUserVerification: true,
      credential: {
        id: row.credential_id,
        publicKey: Uint8Array.from(Buffer.from(row.public_key, 'base64url')),
        counter: row.counter,
        transports: JSON.parse(row.transports) as AuthenticatorTransport[],
      },
    }).catch(() => undefined);
    if (!verification?.verified) return undefined;
    const used = { accountId: row.account_id, credentialId };
    const { numUpdatedRows } = await this.#database
      .updateTable('passkeys')
      .set({ counter: verification.authenticationInfo.newCounter, last_used_at: Date.now() })
      .where('account_id', '=', used.accountId)
      .where('credential_id', '=', credentialId)
      .executeTakeFirst();
    return numUpdatedRows === 1n ? used : undefined;
  }

  /** Whether the account still has a passkey that was used. */
  async isThere({ accountId, credentialId }: UsedPasskey): Promise<boolean> {
    const row = await this.#database
      .selectFrom('passkeys')
      .select('credential_id')
      .where('account_id', '=', accountId)
      .where('credential_id', '=', credentialId)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Returns whether the account has such a passkey. */
  async rename(accountId: string, id: string, name: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#database
      .updateTable('passkeys')
      .set({ name })
      .where('account_id', '=', accountId)
      .where('credential_id', '=', id)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  /** Returns whether the account had such a passkey. */
  async remove(accountId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('passkeys')
      .where('account_id', '=', accountId)
      .where('credential_id', '=', id)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }
}
