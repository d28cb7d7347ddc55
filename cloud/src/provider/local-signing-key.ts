import { createPrivateKey, createPublicKey, type KeyObject, sign, type webcrypto } from 'node:crypto';
import type { JWK } from 'oidc-provider';
import { ExternalSigningKey } from 'oidc-provider/lib/helpers/keystore.js';

/**
 * Signs for oidc-provider by `node:crypto`, which takes a third of the time of Web Crypto: that is what oidc-provider uses
 * when it is given the key itself.
 */
export class LocalSigningKey extends ExternalSigningKey {
  readonly #kid: string;
  readonly #key: KeyObject;

  constructor(signingKey: JWK) {
    super();
    this.#kid = String(signingKey.kid);
    this.#key = createPrivateKey({ key: { ...signingKey } as webcrypto.JsonWebKey, format: 'jwk' });
  }

  override get kid(): string {
    return this.#kid;
  }

  override get alg(): string {
    return 'ES256';
  }

  /** The public half, which is published. */
  override keyObject(): KeyObject {
    return createPublicKey(this.#key);
  }

  override sign(data: Uint8Array): Uint8Array {
    return sign('sha256', data, { key: this.#key, dsaEncoding: 'ieee-p1363' });
  }
}
