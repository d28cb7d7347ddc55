import { createPrivateKey, generateKeyPairSync, randomBytes, type webcrypto } from 'node:crypto';
import type { JWK } from 'oidc-provider';
import { StartupError } from '../errors.ts';
import { keyThumbprint } from '../key-thumbprint.ts';
import type { ScheduledKey } from './key-schedule.ts';

/** A private ES256 key with its `kid`. */
export type StoredSigningKey = JWK & ScheduledKey & { readonly kid: string };

/** What `keys.json` holds. */
export interface KeysFile {
  readonly signing_keys: readonly StoredSigningKey[];
  readonly cookie_secret: string;
  readonly dpop_nonce_secret: string;
}

/** @throws {StartupError} `data_damaged` */
export function parseKeysFile(path: string, content: string): KeysFile {
  try {
    const file = JSON.parse(content) as KeysFile;
    const keys = file.signing_keys;
    if (
      keys.length === 0 ||
      !keys.every(isSigningKey) ||
      new Set(keys.map(({ kid }) => kid)).size < keys.length ||
      !/^[\w-]{43,}$/.test(file.cookie_secret) ||
      Buffer.from(file.dpop_nonce_secret, 'base64url').length !== 32
    ) {
      throw new TypeError('incomplete');
    }
    for (const key of keys) createPrivateKey({ key: { ...key } as webcrypto.JsonWebKey, format: 'jwk' });
    return file;
  } catch {
    // The cause is left out: a JSON parser quotes what it could not parse.
    throw new StartupError(
      'data_damaged',
      `The keys in ${path} are damaged. Restore the file from a backup, or delete it to make new keys, which signs everybody out and makes the secrets of authenticator apps unreadable.`,
    );
  }
}

export function formatKeysFile(file: KeysFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

export function newKeysFile(): KeysFile {
  return {
    signing_keys: [newSigningKey()],
    cookie_secret: randomBytes(32).toString('base64url'),
    dpop_nonce_secret: randomBytes(32).toString('base64url'),
  };
}

/** @param nbf when it begins to sign, in seconds since the epoch; none: it is the first */
export function newSigningKey(nbf?: number): StoredSigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  return {
    ...jwk,
    ...{ kty: 'EC', kid: keyThumbprint(jwk), alg: 'ES256', use: 'sig' },
    ...(nbf !== undefined && { nbf }),
  };
}

function isSigningKey(key: StoredSigningKey | null): key is StoredSigningKey {
  return (
    key?.kty === 'EC' &&
    key.crv === 'P-256' &&
    [key.kid, key.x, key.y, key.d].every((member) => typeof member === 'string' && member !== '') &&
    (key.nbf === undefined || Number.isSafeInteger(key.nbf))
  );
}
