import { sql } from 'kysely';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { InvalidGrant } from 'oidc-provider/lib/helpers/errors.js';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import type { DeviceParameters } from './device-binding.ts';
import { hashIdentifier } from './identifier-hash.ts';

/**
 * A replay this soon after the first use is a race or a lost answer, not a theft: two polls in flight, a page that was
 * reloaded while its tokens were being renewed. It does not end the grant. Later replays do (RFC 9700 section 4.14.2).
 */
export const raceGraceSeconds = 10;

/** Expired rows stay this long, so that an expired code is told apart from one that never existed. */
export const expiredRetentionSeconds = 60 * 60;

/** Told that a sign-in, by its grant, ended at the instance that is its resource. */
export type OnRevoked = (grantId: string, resource: string) => Promise<void>;

/**
 * Storage of one kind of oidc-provider's models.
 *
 * The threat here is a copy of the database: identifiers that are secrets (tokens, device codes, user codes) are
 * stored as SHA-256 only. The other one is a race: oidc-provider checks, then acts, so whatever may happen once is
 * decided by a single statement here.
 */
export class OAuthRecordAdapter implements Adapter {
  readonly #kind: string;
  readonly #database: Database;
  readonly #onRevoked: OnRevoked;

  /** @param onRevoked told before a refresh token is destroyed, and waited for */
  constructor(kind: string, database: Database, onRevoked: OnRevoked = async () => undefined) {
    this.#kind = kind;
    this.#database = database;
    this.#onRevoked = onRevoked;
  }

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds?: number): Promise<void> {
    const { jti: _identifier, userCode, consumed: _consumed, ...storedPayload } = payload as StoredPayload;
    const deviceKeyHash = deviceKeyHashOf(storedPayload);
    const row = {
      kind: this.#kind,
      id_hash: hashIdentifier(id),
      payload: JSON.stringify(storedPayload),
      grant_id: payload.grantId ?? null,
      user_code_hash: userCode === undefined ? null : hashIdentifier(userCode),
      device_key_hash: deviceKeyHash,
      instance: instanceOf(this.#kind, storedPayload),
      expires_at: expiresInSeconds === undefined ? null : epochSeconds() + expiresInSeconds,
    };
    // RFC 9449 section 11.1: a proof's `jti` counts once while the proof is acceptable.
    const onlyIfExpiredAt = this.#kind === 'ReplayDetection' ? epochSeconds() : null;
    const store = async (database: Database) => storeRecord(database, { ...row, onlyIfExpiredAt });
    const result =
      deviceKeyHash === null
        ? await store(this.#database)
        : await this.#database.transaction().execute(async (transaction) => {
            await endDeviceCode(transaction, { deviceKeyHash, now: epochSeconds() });
            return store(transaction);
          });
    if (result.numAffectedRows === 0n) throw new InvalidGrant('DPoP proof JWT Replay detected');
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    // Whether a proof was seen is decided when it is stored.
    if (this.#kind === 'ReplayDetection') return undefined;
    const { rows } = await findRecord(this.#database, { kind: this.#kind, id_hash: hashIdentifier(id) });
    return rows[0] && restore(rows[0], { jti: id });
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const row = await this.#database
      .selectFrom('oauth_records')
      .select(['payload', 'consumed_at'])
      .where('kind', '=', this.#kind)
      .where('user_code_hash', '=', hashIdentifier(userCode))
      .executeTakeFirst();
    return row && restore(row, { userCode });
  }

  /** Only browser sessions have a `uid`, and the cloud has none of oidc-provider's. */
  async findByUid(): Promise<undefined> {
    return undefined;
  }

  /**
   * Marks a code or refresh token as used, if nobody did before. A refresh token may be used again within the grace, for
   * as long as its successor has not been used: whoever asks has not heard the first answer. That it is the same browser
   * has been proven by then, with the key that the token is bound to, and the successor is the same one.
   *
   * @throws {InvalidGrant} for everybody else
   */
  async consume(id: string): Promise<void> {
    const { numAffectedRows } = await consumeRecord(this.#database, {
      kind: this.#kind,
      id_hash: hashIdentifier(id),
      now: epochSeconds(),
    });
    if (numAffectedRows === 1n) return;
    if (this.#kind === 'RefreshToken' && (await this.#isAnswerLost(id))) return;
    // A denied device code has nothing to redeem: every poll hears why, not only the first.
    if ((await this.find(id))?.error !== undefined) return;
    throw new InvalidGrant('already used');
  }

  async #isAnswerLost(refreshToken: string): Promise<boolean> {
    const { rows } = await sql`
      SELECT 1 FROM oauth_records AS used
      WHERE kind = ${this.#kind} AND id_hash = ${hashIdentifier(refreshToken)}
        AND consumed_at >= ${epochSeconds() - raceGraceSeconds}
        AND NOT EXISTS (
          SELECT 1 FROM oauth_records AS successor
          WHERE successor.kind = used.kind AND successor.grant_id = used.grant_id
            AND successor.consumed_at IS NOT NULL
            AND coalesce(successor.payload ->> 'rotations', 0) > coalesce(used.payload ->> 'rotations', 0)
        )`.execute(this.#database);
    return rows.length === 1;
  }

  async destroy(id: string): Promise<void> {
    if (this.#kind === 'RefreshToken') {
      const { grantId, resource } = (await this.find(id)) ?? {};
      if (grantId !== undefined && typeof resource === 'string') await this.#onRevoked(grantId, resource);
    }
    await this.#database
      .deleteFrom('oauth_records')
      .where('kind', '=', this.#kind)
      .where('id_hash', '=', hashIdentifier(id))
      .execute();
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#database
      .deleteFrom('oauth_records')
      .where('kind', '=', this.#kind)
      .where('grant_id', '=', grantId)
      .execute();
  }
}

type RecordKey = { readonly kind: string; readonly id_hash: string };

interface StoredRecord extends RecordKey {
  readonly payload: string;
  readonly grant_id: string | null;
  readonly user_code_hash: string | null;
  readonly device_key_hash: string | null;
  readonly instance: string | null;
  readonly expires_at: number | null;
  /** What is there already is replaced only if it has expired by then; `null`: in any case. */
  readonly onlyIfExpiredAt: number | null;
}

const storeRecord = preparedQuery((database, record: StoredRecord) => {
  const { kind, id_hash, payload, grant_id, user_code_hash, device_key_hash, instance } = record;
  const { expires_at, onlyIfExpiredAt } = record;
  const content = { payload, grant_id, user_code_hash, device_key_hash, instance, expires_at };
  return database
    .insertInto('oauth_records')
    .values({ kind, id_hash, ...content, consumed_at: null, decided_at: null })
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'id_hash'])
        .doUpdateSet(content)
        .where(sql<boolean>`${onlyIfExpiredAt} is null or oauth_records.expires_at <= ${onlyIfExpiredAt}`),
    );
});

const findRecord = preparedQuery((database, { kind, id_hash }: RecordKey) =>
  database
    .selectFrom('oauth_records')
    .select(['payload', 'consumed_at'])
    .where('kind', '=', kind)
    .where('id_hash', '=', id_hash),
);

const consumeRecord = preparedQuery(
  (database, { kind, id_hash, now }: RecordKey & { readonly now: number }) =>
    database
      .updateTable('oauth_records')
      .set({ consumed_at: now })
      .where('kind', '=', kind)
      .where('id_hash', '=', id_hash)
      .where('consumed_at', 'is', null)
      .where((row) => row.eb(row.fn('json_extract', ['payload', row.val('$.error')]), 'is', null)),
);

/** Deletes what expired more than an hour ago. */
export async function sweepExpired(database: Database): Promise<void> {
  const horizon = epochSeconds() - expiredRetentionSeconds;
  await database.deleteFrom('oauth_records').where('expires_at', '<', horizon).execute();
  await database.deleteFrom('device_polls').where('expires_at', '<', horizon).execute();
}

export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** One browser has one live device code per instance: the instance, and the key that the code is bound to. */
function deviceKeyHashOf({ params }: AdapterPayload): string | null {
  const { resource, dpop_jkt: thumbprint } = (params ?? {}) as Partial<DeviceParameters>;
  return thumbprint === undefined ? null : hashIdentifier(`${resource} ${thumbprint}`);
}

/** Whose record it is, so that it ends with it: an instance's own by its client ID, those of people by its resource. */
function instanceOf(kind: string, payload: AdapterPayload): string | null {
  switch (kind) {
    case 'RegistrationAccessToken':
    case 'ClientCredentials':
      return payload.clientId ?? null;
    case 'DeviceCode':
      return ((payload.params ?? {}) as Partial<DeviceParameters>).resource ?? null;
    case 'RefreshToken':
      return typeof payload.resource === 'string' ? payload.resource : null;
    case 'Grant':
      // One grant, one instance.
      return Object.keys(payload.resources ?? {})[0] ?? null;
    default:
      return null;
  }
}

/**
 * Lets the live device code of a browser expire. What is over stays as it is, or the replay of a redeemed code would go
 * unnoticed.
 */
const endDeviceCode = preparedQuery(
  (database, { deviceKeyHash, now }: { readonly deviceKeyHash: string; readonly now: number }) => {
    const isOver = sql`consumed_at is not null or expires_at < ${now}`;
    return database
      .updateTable('oauth_records')
      .set({
        device_key_hash: null,
        // oidc-provider judges by the payload.
        payload: sql`iif(${isOver}, payload, json_set(payload, '$.exp', ${now}))`,
        expires_at: sql`iif(${isOver}, expires_at, ${now})`,
      })
      .where('device_key_hash', '=', deviceKeyHash);
  },
);

/** The member is missing from oidc-provider's types. */
type StoredPayload = AdapterPayload & { userCode?: string };

function restore(
  row: { payload: string; consumed_at: number | null },
  identifiers: Pick<StoredPayload, 'jti' | 'userCode'>,
): AdapterPayload {
  const isReplay = row.consumed_at !== null && epochSeconds() - row.consumed_at > raceGraceSeconds;
  const payload: StoredPayload = { ...(JSON.parse(row.payload) as AdapterPayload), ...identifiers };
  return isReplay ? { ...payload, consumed: row.consumed_at } : payload;
}
