import type { Database } from '../../database/database.ts';
import type { SignedInAccount } from '../accounts.ts';
import { inLiveSession } from '../live-session.ts';
import { createRecoveryCodes, hashRecoveryCode } from './recovery-codes.ts';
import { removeSecondFactor } from './remove-second-factor.ts';
import type { SecretSealer } from './sealed-secret.ts';
import { base32, createTotpSecret, matchingTotpStep, totpUri } from './totp.ts';

/** What an account's owner is told about their second factor. */
export interface SecondFactorState {
  readonly on: boolean;
  readonly recoveryCodesLeft: number;
}

/** What an authenticator app is given. */
export interface Enrolment {
  /** Base 32, for typing. */
  readonly secret: string;
  /** `otpauth://…`, for a QR code. */
  readonly uri: string;
}

type InSession = Pick<SignedInAccount, 'id' | 'sessionId'>;

/** Codes of authenticator apps (RFC 6238), asked for beside the password, and the recovery codes in their place. */
export class SecondFactors {
  readonly #database: Database;
  readonly #sealer: SecretSealer;
  readonly #issuer: string;

  /** @param issuer how authenticator apps call this cloud */
  constructor(database: Database, sealer: SecretSealer, issuer: string) {
    this.#database = database;
    this.#sealer = sealer;
    this.#issuer = issuer;
  }

  async isOn(accountId: string): Promise<boolean> {
    return (await this.#secretOf(accountId, { confirmed: true })) !== undefined;
  }

  async stateOf(accountId: string): Promise<SecondFactorState> {
    const { left } = await this.#database
      .selectFrom('recovery_codes')
      .select(({ fn }) => fn.countAll<number>().as('left'))
      .where('account_id', '=', accountId)
      .executeTakeFirstOrThrow();
    return { on: await this.isOn(accountId), recoveryCodesLeft: left };
  }

  /** Begins with a new secret, which counts once `turnOn` has seen a code of it; `undefined` while one is on. */
  async begin(accountId: string, email: string): Promise<Enrolment | undefined> {
    const secret = createTotpSecret();
    const row = { sealed_secret: this.#sealer.seal(secret, accountId), confirmed_at: null, last_step: 0 };
    const { numInsertedOrUpdatedRows } = await this.#database
      .insertInto('second_factors')
      .values({ account_id: accountId, ...row })
      .onConflict((conflict) =>
        conflict.column('account_id').doUpdateSet(row).where('second_factors.confirmed_at', 'is', null),
      )
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) return undefined;
    const enrolment = {
      secret: base32(secret),
      uri: totpUri(secret, { issuer: this.#issuer, account: email }),
    };
    secret.fill(0);
    return enrolment;
  }

  /**
   * Turns it on with the first code of the new secret. Returns the recovery codes, `undefined` for a wrong code.
   *
   * @throws {HttpError} if the session was ended, as do all that change the second factor for good
   */
  async turnOn({ id, sessionId }: InSession, code: string): Promise<string[] | undefined> {
    return inLiveSession(this.#database, sessionId, async (transaction) => {
      if (!(await this.#takeTotp(transaction, id, code, { confirmed: false }))) return undefined;
      return replaceRecoveryCodes(transaction, id);
    });
  }

  /**
   * Takes a code of the authenticator app or a recovery code, each once (RFC 6238 section 5.2): of several requests with
   * the same code, one statement lets one through.
   */
  async take(accountId: string, code: string): Promise<boolean> {
    if (await this.#takeTotp(this.#database, accountId, code.replace(/\s/g, ''), { confirmed: true }))
      return true;
    const codeHash = hashRecoveryCode(code);
    if (codeHash === undefined) return false;
    const { numDeletedRows } = await this.#database
      .deleteFrom('recovery_codes')
      .where('account_id', '=', accountId)
      .where('code_hash', '=', codeHash)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  }

  /** New recovery codes in place of all earlier ones; only their hashes stay. */
  async renewRecoveryCodes({ id, sessionId }: InSession): Promise<string[]> {
    return inLiveSession(this.#database, sessionId, async (transaction) =>
      replaceRecoveryCodes(transaction, id),
    );
  }

  /** Returns whether it was on. */
  async turnOff({ id, sessionId }: InSession): Promise<boolean> {
    return inLiveSession(this.#database, sessionId, async (transaction) =>
      removeSecondFactor(transaction, id),
    );
  }

  async #takeTotp(
    database: Database,
    accountId: string,
    code: string,
    state: { confirmed: boolean },
  ): Promise<boolean> {
    const sealed = await this.#secretOf(accountId, state);
    if (sealed === undefined) return false;
    const secret = this.#sealer.open(sealed, accountId);
    const step = matchingTotpStep(secret, code, Date.now());
    secret.fill(0);
    if (step === undefined) return false;
    const { numUpdatedRows } = await database
      .updateTable('second_factors')
      .set({ last_step: step, ...(!state.confirmed && { confirmed_at: Date.now() }) })
      .where('account_id', '=', accountId)
      .where('sealed_secret', '=', sealed)
      .where('confirmed_at', state.confirmed ? 'is not' : 'is', null)
      .where('last_step', '<', step)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  }

  async #secretOf(accountId: string, { confirmed }: { confirmed: boolean }): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom('second_factors')
      .select('sealed_secret')
      .where('account_id', '=', accountId)
      .where('confirmed_at', confirmed ? 'is not' : 'is', null)
      .executeTakeFirst();
    return row?.sealed_secret;
  }
}

async function replaceRecoveryCodes(transaction: Database, accountId: string): Promise<string[]> {
  const codes = createRecoveryCodes();
  const rows = codes.map((code) => ({ account_id: accountId, code_hash: hashRecoveryCode(code) ?? '' }));
  await transaction.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  await transaction.insertInto('recovery_codes').values(rows).execute();
  return codes;
}
