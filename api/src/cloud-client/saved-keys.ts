// The cloud's keys decide who gets in, so they are kept where a change of them is noticed: sealed, in secrets.db.

import { createPublicKey, type JsonWebKeyInput, type KeyObject } from 'node:crypto';
import type { SecretsStore } from '../secrets/secrets-store.ts';

/** Keys by key id. */
export type PublicKeys = ReadonlyMap<string, KeyObject>;

/** An instance whose cloud has been away for longer than this does not start with the keys of then. */
const maxAgeMilliseconds = 7 * 24 * 3_600_000;

/** The keys that the cloud published when it was last asked, with which an instance starts while the cloud is away. */
export function readSavedKeys(secrets: SecretsStore, issuer: string, now: number): PublicKeys | undefined {
  const saved = secrets.read('cloud_keys');
  if (saved?.issuer !== issuer || now - Number(saved.fetched_at) > maxAgeMilliseconds) return undefined;
  const jwks = JSON.parse(saved.jwks) as (JsonWebKeyInput['key'] & { kid: string })[];
  return new Map(jwks.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));
}

/**
 * Saves keys that differ from the saved ones, or whose age is half of what they may reach.
 *
 * @param fetchedAt milliseconds since the epoch
 */
export async function saveKeys(
  secrets: SecretsStore,
  issuer: string,
  keys: PublicKeys,
  fetchedAt: number,
): Promise<void> {
  const jwks = JSON.stringify(Array.from(keys, ([kid, key]) => ({ kid, ...key.export({ format: 'jwk' }) })));
  const saved = secrets.read('cloud_keys');
  const isSame = saved?.issuer === issuer && saved.jwks === jwks;
  if (isSame && fetchedAt - Number(saved.fetched_at) < maxAgeMilliseconds / 2) return;
  await secrets.transaction((transaction) => {
    transaction.put('cloud_keys', { issuer, jwks, fetched_at: String(fetchedAt) });
  });
}
