import { type KeyObject, sign } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider/lib/helpers/keystore.js';
import type { SigningKeys } from './signing-keys.ts';

/**
 * Signs for oidc-provider, which knows one key for as long as it runs: for it, this is whichever key signs by now. It signs
 * by `node:crypto`, which takes a third of the time of Web Crypto: that is what oidc-provider uses when it is given the key
 * itself.
 */
export class LocalSigningKey extends ExternalSigningKey {
  readonly #keys: SigningKeys;

  constructor(keys: SigningKeys) {
    super();
    this.#keys = keys;
  }

  override get kid(): string {
    return this.#keys.current.kid;
  }

  override get alg(): string {
    return 'ES256';
  }

  override keyObject(): KeyObject {
    return this.#keys.current.publicKey;
  }

  /** @param data header and payload of a JWS; between the one and the signature, another key may have begun */
  override sign(data: Uint8Array): Uint8Array {
    const [header = ''] = Buffer.from(data).toString('latin1').split('.', 1);
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const key = this.#keys.find(kid);
    if (!key) throw new Error('the signing key was withdrawn a moment ago');
    return sign('sha256', data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  }
}
