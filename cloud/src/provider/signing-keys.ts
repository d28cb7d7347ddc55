import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { JWK } from 'oidc-provider';
import { readOrCreatePrivateFile } from '../data-directory/private-file.ts';
import { describeError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { epochSeconds } from './adapter.ts';
import { type KeyPeriod, keyPeriods } from './key-schedule.ts';
import {
  formatKeysFile,
  type KeysFile,
  newKeysFile,
  parseKeysFile,
  type StoredSigningKey,
} from './keys-file.ts';

/** What the cloud signs with. Whoever has it can be anybody, so it lies in a file of its own with mode 0600. */
export interface ServerKeys {
  /** ES256 keys of access tokens and of news for instances. */
  readonly signingKeys: SigningKeys;
  /** Signs session cookies, 32 random bytes in base64url. */
  readonly cookieSecret: string;
  /** Derives DPoP nonces and, by keys of their own, the successors of refresh tokens and `FlowSecrets`; 32 bytes. */
  readonly dpopNonceSecret: Buffer;
}

export interface SigningKey {
  readonly kid: string;
  readonly nbf: number | undefined;
  /** What everybody may know of it. */
  readonly publicJwk: JWK;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/**
 * Reads the cloud's keys, creating them on the first start.
 *
 * @param logger hears of changes of the file while the cloud runs
 * @throws {StartupError} `data_damaged`; nothing is created in place of a damaged file, because every signed-in browser
 *   and instance trusts the keys in it
 */
export function readOrCreateServerKeys(path: string, logger?: Logger): ServerKeys {
  const version = versionOf(path);
  const content = readOrCreatePrivateFile(path, () => formatKeysFile(newKeysFile()));
  const file = parseKeysFile(path, content);
  return {
    signingKeys: new SigningKeys(path, file, version ?? versionOf(path), logger),
    cookieSecret: file.cookie_secret,
    dpopNonceSecret: Buffer.from(file.dpop_nonce_secret, 'base64url'),
  };
}

/** How often it is looked whether the file has changed. */
const lookMilliseconds = 1_000;

/**
 * The keys in `keys.json`, as they are by now: `holdfast-cloud keys rotate` changes them while the cloud runs. A file that
 * cannot be read any more changes nothing until the next start.
 */
export class SigningKeys {
  readonly #path: string;
  readonly #logger: Logger | undefined;
  #keys: readonly SigningKey[];
  #version: string | undefined;
  #lookedAt = Date.now();

  /** @param version what `versionOf` said before the file was read */
  constructor(path: string, file: KeysFile, version: string | undefined, logger?: Logger) {
    this.#path = path;
    this.#logger = logger;
    this.#keys = file.signing_keys.map(signingKeyOf);
    this.#version = version;
  }

  /** The one that signs. */
  get current(): SigningKey {
    const signing = this.#periods().find(({ state }) => state === 'signs');
    if (!signing) throw new TypeError('keys.json holds no key');
    return signing.key;
  }

  /** Those by which signatures of this cloud are judged: also the next ones, and those of which tokens still live. */
  get published(): readonly SigningKey[] {
    return this.#periods().map(({ key }) => key);
  }

  /** One that is published. */
  find(kid: string): SigningKey | undefined {
    return this.published.find((key) => key.kid === kid);
  }

  #periods(): readonly KeyPeriod<SigningKey>[] {
    this.#lookForChanges();
    return keyPeriods(this.#keys, epochSeconds());
  }

  #lookForChanges(): void {
    const now = Date.now();
    if (Math.abs(now - this.#lookedAt) < lookMilliseconds) return;
    this.#lookedAt = now;
    const version = versionOf(this.#path);
    if (version === this.#version) return;
    // Before it is read: what changes in between is noticed the next time.
    this.#version = version;
    try {
      const file = parseKeysFile(this.#path, readFileSync(this.#path, 'utf8'));
      this.#keys = file.signing_keys.map(signingKeyOf);
      this.#logger?.info({ kids: this.#keys.map(({ kid }) => kid) }, 'read the signing keys again');
    } catch (error) {
      this.#logger?.error(
        { err: describeError(error) },
        'keys.json has changed and cannot be read; the keys of before stay in use until the next start',
      );
    }
  }
}

function signingKeyOf(stored: StoredSigningKey): SigningKey {
  const { nbf, ...jwk } = stored;
  const privateKey = createPrivateKey({ key: { ...jwk } as webcrypto.JsonWebKey, format: 'jwk' });
  const { kid, kty, crv, x, y } = stored;
  const publicJwk = { kty, use: 'sig', kid, alg: 'ES256', crv, x, y };
  return { kid, nbf, publicJwk, privateKey, publicKey: createPublicKey(privateKey) };
}

/** Another one for each change of the file; undefined while there is none. */
function versionOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats && [stats.ino, stats.mtimeNs, stats.size].join(' ');
}
