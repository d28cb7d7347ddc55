import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deriveKey } from '../../derived-key.ts';

const algorithm = 'aes-256-gcm';
const nonceLength = 12;
const tagLength = 16;

/** Seals the secrets of second factors, which have to be read again: a copy of the database alone reads none. */
export class SecretSealer {
  readonly #key: Uint8Array;

  /** @param serverSecret of at least 256 bits, kept outside the database */
  constructor(serverSecret: string) {
    this.#key = deriveKey(serverSecret, 'holdfast second factor');
  }

  /** Bound to the account: sealed for one, it opens for no other. */
  seal(secret: Uint8Array, accountId: string): string {
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(accountId));
    const sealed = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** @throws {Error} if it was changed, or sealed for another account or by another server */
  open(sealed: string, accountId: string): Buffer {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    });
    decipher.setAAD(Buffer.from(accountId)).setAuthTag(bytes.subarray(-tagLength));
    return Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()]);
  }
}
