import { createPrivateKey, generateKeyPairSync, randomBytes, type webcrypto } from 'node:crypto';
import type { JWK } from 'oidc-provider';
import { readOrCreatePrivateFile } from '../data-directory/private-file.ts';
import { StartupError } from '../errors.ts';
import { keyThumbprint } from '../key-thumbprint.ts';

/** What the cloud signs with. Whoever has it can be anybody, so it lies in a file of its own with mode 0600. */
export interface ServerKeys {
  /** ES256 key of access tokens; its public half is published at `/jwks`. */
  readonly signingKey: JWK;
  /** Signs session cookies, 32 random bytes in base64url. */
  readonly cookieSecret: string;
  /** Derives DPoP nonces and, by keys of their own, the successors of refresh tokens and `FlowSecrets`; 32 bytes. */
  readonly dpopNonceSecret: Buffer;
}

interface KeysFile {
  signing_keys: JWK[];
  cookie_secret: string;
  dpop_nonce_secret: string;
}

/**
 * Reads the cloud's keys, creating them on the first start.
 *
 * @throws {StartupError} `data_damaged`; nothing is created in place of a damaged file, because every signed-in browser
 *   and instance trusts the keys in it
 */
export function readOrCreateServerKeys(path: string): ServerKeys {
  const content = readOrCreatePrivateFile(path, () => `${JSON.stringify(createKeys(), null, 2)}\n`);
  try {
    const file = JSON.parse(content) as KeysFile;
    const [signingKey] = file.signing_keys;
    const dpopNonceSecret = Buffer.from(file.dpop_nonce_secret, 'base64url');
    if (
      !isSigningKey(signingKey) ||
      !/^[\w-]{43,}$/.test(file.cookie_secret) ||
      dpopNonceSecret.length !== 32
    ) {
      throw new TypeError('incomplete');
    }
    createPrivateKey({ key: { ...signingKey } as webcrypto.JsonWebKey, format: 'jwk' });
    return { signingKey, cookieSecret: file.cookie_secret, dpopNonceSecret };
  } catch {
    // The cause is left out: a JSON parser quotes what it could not parse.
    throw new StartupError(
      'data_damaged',
      `The keys in ${path} are damaged. Restore the file from a backup, or delete it to make new keys, which signs everybody out.`,
    );
  }
}

function createKeys(): KeysFile {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = privateKey.export({ format: 'jwk' });
  return {
    signing_keys: [{ ...jwk, kty: 'EC', kid: keyThumbprint(jwk), alg: 'ES256', use: 'sig' }],
    cookie_secret: randomBytes(32).toString('base64url'),
    dpop_nonce_secret: randomBytes(32).toString('base64url'),
  };
}

function isSigningKey(key: JWK | undefined): key is JWK {
  return (
    key?.kty === 'EC' &&
    key.crv === 'P-256' &&
    [key.kid, key.x, key.y, key.d].every((member) => typeof member === 'string' && member !== '')
  );
}
