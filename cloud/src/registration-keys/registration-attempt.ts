// An answer to a registration can get lost. Whoever asks again would use up the key once more, so an instance says which
// of its registrations is a repetition of which: by a value that it alone has.

import type { IncomingHttpHeaders } from 'node:http';
import { InvalidRequest } from 'oidc-provider/lib/helpers/errors.js';
import type { Database } from '../database/database.ts';

/**
 * For how long a registration may be repeated. Longer than a machine takes to start again, and not longer than what it
 * did with the registration is remembered: see `expiredRetentionSeconds`.
 */
export const repeatableForMilliseconds = 60 * 60 * 1000;

// As that of a registration key: whoever guessed one could take away somebody else's registration.
const format = /^"([\w-]{43})"$/;

/**
 * What names an attempt to register, or undefined where it has no name.
 *
 * @see {@link https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ The Idempotency-Key HTTP header field}
 * @throws {InvalidRequest} for one that could be guessed
 */
export function registrationAttemptIn({ 'idempotency-key': value }: IncomingHttpHeaders): string | undefined {
  if (value === undefined) return undefined;
  const attempt = format.exec(String(value))?.[1];
  if (attempt === undefined) {
    throw new InvalidRequest('an Idempotency-Key must be 256 random bits in base64url, in quotation marks');
  }
  return attempt;
}

/** The instance that an attempt has registered already. */
export interface EarlierRegistration {
  readonly clientId: string;
  readonly name: string | null;
  /** Nobody can have had the answer: it was registered a short while ago, and never asked for a token. */
  readonly isUnused: boolean;
}

export async function findEarlierRegistration(
  database: Database,
  attemptHash: string,
): Promise<EarlierRegistration | undefined> {
  const row = await database
    .selectFrom('instances')
    .select(['client_id', 'name', 'registered_at'])
    .where('attempt_hash', '=', attemptHash)
    .executeTakeFirst();
  if (!row) return undefined;
  const token = await database
    .selectFrom('oauth_records')
    .select('kind')
    .where('kind', '=', 'ClientCredentials')
    .where('instance', '=', row.client_id)
    .executeTakeFirst();
  const isUnused = !token && row.registered_at > Date.now() - repeatableForMilliseconds;
  return { clientId: row.client_id, name: row.name, isUnused };
}
